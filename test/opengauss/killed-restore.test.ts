/**
 * A restore that is killed before each of its steps, of plain and tar backups with a tablespace elsewhere and one inside,
 * and the documented next command. Every 41st step, and all with GAUSSKEEP_EVERY_STEP=1 in the environment.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fromText } from '../../src/bytes/byte-string.ts';
import { ManifestWriter } from '../../src/manifest/writer.ts';
import { readControlFile } from '../../src/server/control-file.ts';
import { lsn } from '../../src/wal/lsn.ts';
import { pathsBelow } from '../support/backups.ts';
import { killBeforeStep, pictureOf } from '../support/killed-programs.ts';
import { projectRoot } from '../support/project.ts';
import { programPath, runProgram, startCommand, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';

const control = gunzipSync(readFileSync(join(projectRoot, 'test/fixtures/opengauss/pgdata/pg_control.gz')));
const stride = process.env['GAUSSKEEP_EVERY_STEP'] === undefined ? 41 : 1;
const inside = 'pg_location/inner';
const version = 'PG_9.2_201611171_n1';

const baseFiles: Readonly<Record<string, string | Uint8Array>> = {
  backup_label: `START WAL LOCATION: 0/5000028 (file 000000010000000000000005)
CHECKPOINT LOCATION: 0/5000060
BACKUP METHOD: streamed
BACKUP FROM: master
START TIME: 2026-11-20 20:26:06 UTC
LABEL: test
`,
  PG_VERSION: '9.2\n',
  'postgresql.conf': 'archive_mode = on\n',
  'base/1/1': 'content',
  'base/1/2': 'x'.repeat(20_000),
  [`${inside}/${version}/5/7`]: 'in the inner one',
  // Of WAL a restore asks that it is sound: there is none, but a file in its directory.
  'pg_xlog/00000002.history': '1\t0/5000200\tno recovery target specified\n',
};
const spaceFiles = { [`${version}/5/6`]: 'in the tablespace', [`${version}/5/9`]: 'more' };

interface Backup {
  readonly path: string;
  readonly format: 'plain' | 'tar';
}

function writeFiles(root: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(join(root, name), content, { mode: 0o600 });
  }
}

/** A small backup; in a temporary directory of its own, readable for all. */
function makeBackup(format: 'plain' | 'tar', manifest: 'none' | 'v1' | 'v2'): Backup {
  const root = temporaryDirectory('backup');
  const [base, space] = [join(root, 'base'), join(root, 'space')];
  const map = { tablespace_map: `16421 /source/data/${inside}\n16422 /source/space\n` };
  writeFiles(base, { ...baseFiles, ...(format === 'tar' ? map : {}) });
  writeFiles(base, { 'global/pg_control': control });
  writeFiles(space, spaceFiles);
  mkdirSync(join(base, 'pg_tblspc'));
  if (manifest !== 'none') writeFileSync(join(base, 'backup_manifest'), manifestOf(manifest));
  if (format === 'plain') {
    symlinkSync(join(base, inside), join(base, 'pg_tblspc/16421'));
    symlinkSync(space, join(base, 'pg_tblspc/16422'));
    return { path: base, format };
  }
  const set = join(root, 'set');
  mkdirSync(set);
  const files = Object.keys(baseFiles).filter((name) => !name.startsWith(inside));
  const order = [...files, 'tablespace_map', 'pg_tblspc', 'global'];
  execFileSync('tar', ['-cf', join(set, 'base.tar'), '--format=ustar', '-C', base, ...order]);
  execFileSync('tar', ['-cf', join(set, '16421.tar'), '--format=ustar', '-C', join(base, inside), version]);
  execFileSync('tar', ['-czf', join(set, '16422.tar.gz'), '--format=ustar', '-C', space, version]);
  if (manifest !== 'none') execFileSync('cp', [join(base, 'backup_manifest'), set]);
  return { path: set, format };
}

function manifestOf(version: 'v1' | 'v2'): Buffer {
  const { systemIdentifier } = readControlFile(control);
  const writer = new ManifestWriter({ systemIdentifier: version === 'v2' ? systemIdentifier : undefined });
  const listed = Object.entries({
    ...baseFiles,
    'global/pg_control': control,
    ...Object.fromEntries(Object.entries(spaceFiles).map(([name, text]) => [`pg_tblspc/16422/${name}`, text])),
  }).filter(([name]) => !name.startsWith('pg_xlog/'));
  const files = listed.map(([name, content]) => {
    const path = name.startsWith(inside) ? `pg_tblspc/16421${name.slice(inside.length)}` : name;
    const bytes = Buffer.from(content);
    const checksum = createHash('sha256').update(bytes).digest('hex');
    return writer.addFile({
      path: fromText(path),
      size: bytes.length,
      algorithm: 'SHA256',
      checksum,
      mtime: undefined,
    });
  });
  const range = { timeline: 1, startLsn: lsn(0x5000028n), endLsn: lsn(0x5000100n) };
  return Buffer.concat([...files, writer.addWalRange(range), writer.finish()]);
}

interface Place {
  readonly root: string;
  readonly data: string;
  readonly space: string;
}

function newPlace(): Place {
  const root = temporaryDirectory('place');
  return { root, data: join(root, 'made/data'), space: join(root, 'made/space') };
}

type Account = typeof serverUser | undefined;

/** Runs a restore; `at` is the step before which it is killed. */
function restore(
  { path }: Backup,
  { data, space }: Place,
  options: readonly string[],
  { at, asUser }: { at?: number; asUser?: Account } = {},
): Promise<ProgramResult> {
  const owner =
    runningAsRoot && asUser === undefined ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];
  return runProgram(
    'gausskeep',
    ['restore', '--from', path, '--pgdata', data, '-T', `16422=${space}`, '--no-sync', ...owner, ...options],
    { ...(at === undefined ? {} : { env: killBeforeStep(at) }), ...(asUser === undefined ? {} : { asUser }) },
  );
}

const picture = ({ data, space }: Place): Record<string, string> => pictureOf({ data, space });

/** Makes a restored copy one that was used since. */
function useInstance(place: Place): void {
  for (const directory of [place.data, place.space]) writeFileSync(join(directory, 'old'), 'old');
  writeFileSync(join(place.data, inside, 'old'), 'old');
  writeFileSync(join(place.data, 'base/1/1'), 'changed');
}

/** The old copy is in one piece somewhere aside, its links lead to what was moved with it, owned as the directory. */
function expectOldCopy({ root }: Place): void {
  const made = join(root, 'made');
  const candidates = pathsBelow(made).map((path) => join(made, path));
  const copies = candidates.filter(
    (path) => path.endsWith('/old') && existsSync(join(path, '../PG_VERSION')) && path.includes('before-restore-'),
  );
  expect(copies).toHaveLength(1);
  const copy = join(copies[0]!, '..');
  expect(readFileSync(join(copy, 'base/1/1'), 'utf8')).toBe('changed');
  for (const [oid, file] of [
    ['16421', '5/7'],
    ['16422', '5/6'],
  ] as const) {
    const link = join(copy, 'pg_tblspc', oid);
    expect(readlinkSync(link), copy).toMatch(/before-restore-/);
    expect(readFileSync(join(link, 'old'), 'utf8')).toBe('old');
    expect(existsSync(join(link, version, file))).toBe(true);
    expect(lstatSync(link).uid).toBe(statSync(copy).uid);
  }
  expect(readlinkSync(join(copy, 'pg_tblspc/16421'))).toBe(join(copy, inside));
  // What the restore remembers for gausskeep recover, and nothing of a run.
  expect(readdirSync(copy).filter((name) => name.startsWith('.gausskeep'))).toEqual(['.gausskeep.recovery']);
}

type Begin = 'fresh' | 'replace' | 'delta';

async function killEverywhere(backup: Backup, begin: Begin, first: number, asUser?: Account): Promise<number> {
  const place = newPlace();
  const whole = await restore(backup, place, []);
  expect([0, 3], whole.stderr).toContain(whole.status);
  const expected = picture(place);
  const option = { fresh: [], replace: ['--force'], delta: ['--delta'] }[begin];
  // Every attempt begins with a copy of the same place, at the same path: a restore of its own for each is half the time.
  const used = temporaryDirectory('used');
  if (begin !== 'fresh') {
    useInstance(place);
    // Its entries are moved into a directory inside, as at a mount point.
    if (asUser !== undefined) {
      chownSync(join(place.root, 'made'), 0, 0);
      chmodSync(join(place.root, 'made'), 0o755);
    }
    execFileSync('cp', ['-a', `${place.root}/.`, used]);
  }
  let killed = 0;
  for (let at = first; ; at += stride) {
    rmSync(place.root, { recursive: true });
    execFileSync('cp', ['-a', used, place.root]);
    const attempt = await restore(backup, place, option, { at, ...(asUser === undefined ? {} : { asUser }) });
    if (attempt.signal !== 'SIGKILL') {
      expect([0, 3], attempt.stderr).toContain(attempt.status);
      return killed;
    }
    killed += 1;
    const next = begin === 'replace' || (begin === 'fresh' && killed % 2 === 0) ? '--force' : '--delta';
    const where = `${backup.format} ${begin}, killed before step ${String(at)}, then ${next}`;
    const again = await restore(backup, place, [next], asUser === undefined ? {} : { asUser });
    expect([0, 3], `${where}\n${again.stderr}`).toContain(again.status);
    expect(picture(place), where).toEqual(expected);
    expect(statSync(join(place.data, '..')).uid, where).toBe(
      asUser === undefined && runningAsRoot ? serverUser.uid : (process.geteuid?.() ?? 0),
    );
    if (begin === 'replace') expectOldCopy(place);
  }
}

describe('a killed restore', { timeout: stride === 1 ? 3_600_000 : 120_000 }, () => {
  it.each<['plain' | 'tar', 'none' | 'v1' | 'v2', Begin, number]>([
    ['tar', 'v1', 'fresh', 1],
    ['tar', 'none', 'fresh', 3],
    ['plain', 'v2', 'fresh', 5],
    ['tar', 'v2', 'replace', 2],
    ['plain', 'v1', 'replace', 4],
    ['tar', 'v1', 'delta', 6],
    ['plain', 'none', 'delta', 7],
  ])('continues as documented: %s, manifest %s, %s', async (format, manifest, begin, first) => {
    const killed = await killEverywhere(makeBackup(format, manifest), begin, first);
    expect(killed).toBeGreaterThan(1);
  });

  it('leaves no lock and no marker on a full disk, and can be run again', async () => {
    const [backup, place] = [makeBackup('tar', 'v1'), newPlace()];
    mkdirSync(place.space, { recursive: true, mode: 0o700 });
    // Every write of a byte fails.
    const words = ['restore', '--from', backup.path, '--pgdata', place.data, '-T', `16422=${place.space}`];
    const command = ['-c', 'ulimit -f 0; exec "$@"', 'sh', process.execPath, programPath('gausskeep'), ...words];
    const full = await startCommand('sh', command, {}).result;
    expect(full).toMatchObject({ status: 13, stdout: '' });
    expect(full.stderr).toContain('EFBIG');
    expect(pathsBelow(place.root)).toEqual(['made', 'made/space']);
    expect([0, 3]).toContain((await restore(backup, place, [])).status);
  });

  it.runIf(runningAsRoot)('keeps the old copy in one piece where it is moved entry by entry', async () => {
    const backup = makeBackup('plain', 'v2');
    giveToServerUser(join(backup.path, '..'));
    expect(await killEverywhere(backup, 'replace', 3, serverUser)).toBeGreaterThan(1);
  });
});
