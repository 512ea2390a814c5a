import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { lsn } from '../wal/lsn.ts';
import { checkTablespaceReplay } from './check-tablespace-replay.ts';
import type { ProvedTarget } from './prove-target.ts';

const at = { startLsn: lsn(0x100_0000n), endLsn: lsn(0x100_0040n) };
const here = tmpdir();

function proved(...paths: { path: string; isRelative?: boolean }[]): ProvedTarget {
  const created = paths.map(({ path, isRelative = false }, index) => {
    return { kind: 'tablespace-create' as const, ...at, oid: 16_384 + index, path, isRelative };
  });
  const tablespaces = [...created, { kind: 'tablespace-drop' as const, ...at, oid: 5 }];
  // Nothing else of a proof is looked at.
  return { proof: { tablespaces } } as unknown as ProvedTarget;
}

it('refuses WAL that creates a tablespace in a directory of this host, and names record and directory', () => {
  const refused = expect.objectContaining({
    code: 'TARGET_NOT_EMPTY',
    message: expect.stringMatching(new RegExp(`16385 in "${here}" .*0/1000000`)) as string,
  }) as Error;
  const twice = proved({ path: '/no/such/place' }, { path: here });
  expect(() => checkTablespaceReplay(twice, { directory: '/restored', target: {} })).toThrow(refused);
  expect(() =>
    checkTablespaceReplay(twice, { directory: '/restored', target: {}, allowTablespaceReplay: true }),
  ).not.toThrow();
});

it('has nothing against places that are not there, relative ones, and those inside the copy', () => {
  const harmless = proved({ path: '/no/such/place' }, { path: here, isRelative: true }, { path: here });
  expect(() => checkTablespaceReplay(harmless, { directory: here, target: {} })).not.toThrow();
});
