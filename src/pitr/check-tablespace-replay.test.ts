import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lsn } from '../wal/lsn.ts';
import { checkTablespaceReplay } from './check-tablespace-replay.ts';
import type { ProvedTarget } from './prove-recovery-target.ts';

const at = { startLsn: lsn(0x100_0000n), endLsn: lsn(0x100_0040n) };
const here = tmpdir();

function proved(family: 'postgresql' | 'opengauss', ...paths: { path: string; isRelative?: boolean }[]): ProvedTarget {
  const created = paths.map(({ path, isRelative = false }, index) => {
    return { kind: 'tablespace-create' as const, ...at, oid: 16_384 + index, path, isRelative };
  });
  const tablespaces = [...created, { kind: 'tablespace-drop' as const, ...at, oid: 5 }];
  // Nothing else of a proof is looked at.
  return { proof: { tablespaces }, identity: { family } } as unknown as ProvedTarget;
}

it('refuses WAL that creates a tablespace in a directory of this host, and names record and directory', () => {
  const refused = expect.objectContaining({
    code: 'TARGET_NOT_EMPTY',
    message: expect.stringMatching(new RegExp(`16385 in "${here}" .*0/1000000`)) as string,
  }) as Error;
  const twice = proved('opengauss', { path: '/no/such/place' }, { path: here });
  expect(() => checkTablespaceReplay(twice, { directory: '/restored', target: {} })).toThrow(refused);
  expect(() =>
    checkTablespaceReplay(twice, { directory: '/restored', target: {}, allowTablespaceReplay: true }),
  ).not.toThrow();
});

it('has nothing against places that are not there, relative ones, and those inside the copy', () => {
  const harmless = proved('opengauss', { path: '/no/such/place' }, { path: here, isRelative: true }, { path: here });
  expect(() => checkTablespaceReplay(harmless, { directory: here, target: {} })).not.toThrow();
});

it('wants the directory to be there where the server does not make it, and nothing in it', () => {
  const empty = mkdtempSync(join(here, 'gausskeep-tablespace-'));
  try {
    const request = { directory: '/restored', target: {} };
    expect(() => checkTablespaceReplay(proved('postgresql', { path: empty }), request)).not.toThrow();
    const missing = proved('postgresql', { path: join(empty, 'missing') });
    const refused = expect.objectContaining({ code: 'TARGET_UNREACHABLE' }) as Error;
    expect(() => checkTablespaceReplay(missing, { ...request, allowTablespaceReplay: true })).toThrow(refused);
    writeFileSync(join(empty, 'PG_17'), '');
    const filled = expect.objectContaining({ code: 'TARGET_NOT_EMPTY' }) as Error;
    expect(() => checkTablespaceReplay(proved('postgresql', { path: empty }), request)).toThrow(filled);
  } finally {
    rmSync(empty, { recursive: true });
  }
});
