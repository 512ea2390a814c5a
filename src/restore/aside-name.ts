import type { ByteString } from '../bytes/byte-string.ts';

const asidePattern = /^(.+?)(?:\.|\/gausskeep\.)before-restore-\d{8}T\d{6}Z(?:-\d+)?(\/.*)?$/;

/** Where something lies whose link was re-pointed for a move that a kill prevented. */
export function placeBeforeMove(path: ByteString): ByteString | undefined {
  const [, before, below = ''] = asidePattern.exec(path) ?? [];
  return before === undefined ? undefined : (`${before}${below}` as ByteString);
}

/** Whether this is an old copy of a tablespace or data directory, which is out of the way already. */
export function isAside(path: ByteString): boolean {
  return asidePattern.exec(path)?.[2] === undefined && asidePattern.test(path);
}
