import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { keepEvents } from '../../test/support/kept-events.ts';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import type { Member } from '../tar/member.ts';
import { encodeMembers, memberOf } from '../tar/encode-members.ts';
import { prepareRestore } from './prepare-restore.ts';
import { moveAside } from './move-aside.ts';
import type { RestoreRequest } from './request.ts';
import type { RestoreEvent } from './events.ts';
import { performRestore, type RestoreResult } from './perform-restore.ts';

const control = gunzipSync(
  readFileSync(join(import.meta.dirname, '../../test/fixtures/opengauss/pgdata/pg_control.gz')),
);
const label = `START WAL LOCATION: 0/5000028 (file 000000010000000000000005)
CHECKPOINT LOCATION: 0/5000060
BACKUP METHOD: streamed
BACKUP FROM: master
START TIME: 2026-11-20 20:26:06 UTC
LABEL: test
`;
const segment = 'pg_xlog/000000010000000000000005';

function file(name: string, content: string | Uint8Array, mode = 0o600): Member {
  const header = { name: fromText(name), type: 'file', mode, mtime: 1, linkName: '' as ByteString } as const;
  return memberOf(header, typeof content === 'string' ? Buffer.from(content) : content);
}
function other(type: 'directory' | 'symlink' | 'hardlink', name: string, target = ''): Member {
  const header = { name: fromText(name), type, mode: 0o755, mtime: 1, linkName: fromText(target) } as const;
  return memberOf(header, new Uint8Array(0));
}

const usual = (): Member[] => [
  file('backup_label', label),
  file('PG_VERSION', '9.2\n'),
  file('postgresql.conf', 'archive_mode = on\n'),
  file('postmaster.pid', '1\n'),
  other('directory', 'base'),
  file('base/1/1', 'content', 0o644),
  file(segment, 'WAL'),
];
const last = (): Member => file('global/pg_control', control);

async function collect(members: readonly Member[]): Promise<Buffer> {
  const source = async function* (): AsyncGenerator<Member> {
    for (const member of members) yield await Promise.resolve(member);
  };
  const pieces: Uint8Array[] = [];
  for await (const piece of encodeMembers(source(), { mtime: 1 })) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}

async function storageWith(objects: Readonly<Record<string, Uint8Array>>): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  for (const [name, bytes] of Object.entries(objects)) {
    await storage.put(name, async function* () {
      yield await Promise.resolve(bytes);
    });
  }
  return storage;
}

interface Outcome {
  readonly root: string;
  readonly target: string;
  readonly result: RestoreResult;
}

async function restore(
  objects: Readonly<Record<string, Uint8Array>>,
  more: Partial<RestoreRequest> = {},
  root = temporaryDirectory(),
): Promise<Outcome> {
  const target = join(root, 'data');
  const storage = await storageWith(objects);
  const { signal } = new AbortController();
  const from = { kind: 'storage', storage, folder: 'set/' } as const;
  const prepared = await prepareRestore({ from, directory: target, sync: false, ...more }, { signal, ownWal: false });
  const kept = keepEvents<RestoreEvent>('restore');
  try {
    const result = await performRestore(prepared, { signal, onEvent: kept.onEvent });
    expect(kept.check()).toEqual(['prepare', 'copy', 'configure', 'publish']);
    return { root, target, result };
  } catch (error) {
    expect(kept.check().at(-1)).toBe('clean-up');
    throw error;
  }
}

const set = async (members: readonly Member[]): Promise<Record<string, Uint8Array>> => ({
  'set/base.tar.gz': gzipSync(await collect(members)),
});

describe('restoring archives of a storage', () => {
  it('writes what belongs there, and pg_control with its copy', async () => {
    const { target, result } = await restore(await set([...usual(), last()]));
    expect(readFileSync(join(target, 'base/1/1'), 'utf8')).toBe('content');
    expect(lstatSync(join(target, 'base/1/1')).mode & 0o777).toBe(0o600);
    expect(lstatSync(join(target, 'base')).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(target, 'global/pg_control'))).toEqual(control);
    expect(readFileSync(join(target, 'global/pg_control.backup'))).toEqual(control);
    expect(readFileSync(join(target, 'postgresql.conf'), 'utf8')).toBe("archive_mode = 'off'\n");
    expect(readdirSync(target).sort()).toEqual([
      '.gausskeep.recovery',
      'PG_VERSION',
      'backup_label',
      'base',
      'global',
      'pg_errorinfo',
      'pg_llog',
      'pg_notify',
      'pg_replslot',
      'pg_serial',
      'pg_snapshots',
      'pg_stat_tmp',
      'pg_tblspc',
      'pg_twophase',
      'pg_xlog',
      'postgresql.conf',
    ]);
    expect(result.dropped).toEqual(['postmaster.pid']);
  });

  it('gives the seam for recovery the whole directory, still without pg_control', async () => {
    const seen: string[][] = [];
    await restore(await set([...usual(), last()]), {
      recovery: {
        sentences: () => [],
        limits: [],
        preparedAgain: new Set<bigint>(),
        isProved: true,
        archiveRecovery: true,
        keepsBackupWal: false,
        walBytes: 0,
        readsFrom: [],
        prepare: (directory) => {
          seen.push(readdirSync(join(directory, 'global')), readdirSync(join(directory, 'pg_xlog')));
          return Promise.resolve();
        },
      },
    });
    expect(seen).toEqual([['pg_control.unfinished'], ['archive_status']]);
  });

  it('leaves nothing when a later step fails, and puts back what it moved aside', async () => {
    const root = temporaryDirectory();
    mkdirSync(join(root, 'data'));
    writeFileSync(join(root, 'data', 'old'), 'x');
    const recovery = {
      sentences: () => [],
      limits: [],
      preparedAgain: new Set<bigint>(),
      isProved: true,
      archiveRecovery: true,
      keepsBackupWal: true,
      walBytes: 0,
      readsFrom: [],
      prepare: () => Promise.reject(new Error('no WAL')),
    };
    const attempt = restore(await set([...usual(), last()]), { force: true, recovery }, root);
    await expect(attempt).rejects.toThrow('no WAL');
    expect(readdirSync(root)).toEqual(['data']);
    expect(readdirSync(join(root, 'data'))).toEqual(['old']);
  });
});

describe('hostile and damaged archives', () => {
  it.each<[string, (outside: string) => Member[], string]>([
    ['an absolute link', (outside) => [other('symlink', 'base/link', outside)], 'unpack.link-outside'],
    ['a link upwards', () => [other('symlink', 'base/link', '../../x')], 'unpack.link-outside'],
    ['a file through a link', () => [other('symlink', 'l', 'base'), file('l/x', 'x')], 'files.through-link'],
    ['a hard link', () => [other('hardlink', 'x', 'base/1/1')], 'unpack.member-type'],
    ['a file twice', () => [file('base/1/1', 'again')], 'restore.twice'],
    [
      'a tablespace link with files behind it',
      (outside) => [other('symlink', 'pg_tblspc/5', outside), file('pg_tblspc/5/kept', 'x'), file('pg_tblspc/5', 'x')],
      'restore.twice',
    ],
  ])('%s is refused, and nothing outside is touched', async (_, members, key) => {
    const root = temporaryDirectory();
    const outside = join(root, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'kept'), 'theirs');
    const attempt = restore(await set([...usual(), ...members(outside), last()]), {}, root);
    await expect(attempt).rejects.toMatchObject({ code: 'CORRUPT', sentence: { key } });
    expect(readdirSync(root)).toEqual(['outside']);
    expect(readdirSync(outside)).toEqual(['kept']);
    expect(readFileSync(join(outside, 'kept'), 'utf8')).toBe('theirs');
  });

  it('one that ends early, one without pg_control, one without label', async () => {
    const whole = await collect([...usual(), last()]);
    for (const cut of [whole.length - 1024, whole.length - 9000, 3000]) {
      const root = temporaryDirectory();
      await expect(restore({ 'set/base.tar': whole.subarray(0, cut) }, {}, root)).rejects.toMatchObject({
        code: 'CORRUPT',
      });
      expect(readdirSync(root)).toEqual([]);
    }
    await expect(restore(await set(usual()))).rejects.toMatchObject({ sentence: { key: 'restore.no-control' } });
    await expect(restore(await set([...usual().slice(1), last()]))).rejects.toMatchObject({
      sentence: { key: 'restore.no-label' },
    });
    await expect(restore({ 'set/x.tar': whole })).rejects.toMatchObject({ code: 'BACKUP_NOT_FOUND' });
  });
});

describe('the port of the copy', () => {
  it('is taken by a server that listens on a Unix socket only', async () => {
    const held = createServer();
    const sockets = temporaryDirectory();
    const port = 20_000 + (process.pid % 10_000);
    await new Promise<void>((resolve) => held.listen(join(sockets, `.s.PGSQL.${port}`), resolve));
    try {
      const from = {
        kind: 'storage',
        folder: '',
        storage: await storageWith({ 'base.tar': await collect(usual()) }),
      } as const;
      const directory = join(temporaryDirectory(), 'data');
      const prepare = (wanted: number): Promise<unknown> =>
        prepareRestore({ from, directory, port: wanted }, { signal: new AbortController().signal, ownWal: false });
      await expect(prepare(port)).rejects.toThrow(
        `listens on the socket "${join(sockets, `.s.PGSQL.${port}`)}" already`,
      );
      // openGauss listens on the port above as well.
      await expect(prepare(port - 1)).rejects.toThrow(`a server with port ${port} listens`);
    } finally {
      held.close();
    }
  });
});

describe('moving aside', () => {
  function old(): { root: string; data: string; space: string } {
    const root = temporaryDirectory();
    const [data, space] = [join(root, 'data'), join(root, 'space')];
    mkdirSync(join(data, 'pg_tblspc'), { recursive: true });
    mkdirSync(space);
    writeFileSync(join(data, 'a'), 'a');
    writeFileSync(join(space, 's'), 's');
    symlinkSync(space, join(data, 'pg_tblspc/5'));
    return { root, data, space };
  }
  const planned = (data: string, space: string, how: 'rename' | 'entries') =>
    (
      [
        ['tablespace', 5, space],
        ['data-directory', undefined, data],
      ] as const
    ).map(([what, oid, from]) => ({
      what,
      oid,
      from: fromText(from),
      to: fromText(how === 'rename' ? `${from}.before-restore-X` : `${from}/gausskeep.before-restore-X`),
      how,
    }));

  it.each(['rename', 'entries'] as const)('keeps the old copy whole and can be undone (%s)', (how) => {
    const { root, data, space } = old();
    const both = planned(data, space, how);
    const { undo } = moveAside(both);
    const [movedSpace, movedData] = both.map(({ to }) => to as string) as [string, string];
    expect(readlinkSync(join(movedData, 'pg_tblspc/5'))).toBe(movedSpace);
    expect(readFileSync(join(movedData, 'pg_tblspc/5/s'), 'utf8')).toBe('s');
    expect(existsSync(join(data, 'a'))).toBe(false);
    expect(undo()).toEqual([]);
    expect(readdirSync(root).sort()).toEqual(['data', 'space']);
    expect(readFileSync(join(data, 'pg_tblspc/5/s'), 'utf8')).toBe('s');
    expect(readlinkSync(join(data, 'pg_tblspc/5'))).toBe(space);
    expect(readdirSync(data).sort()).toEqual(['a', 'pg_tblspc']);
  });
});
