/** Recorded sessions of a live server, served to the program: the result must be what the native client made of them. */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { createReadStream, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { companionFileName, decodeCompanion } from '../../src/manifest/companion.ts';
import { mapping, runBackup, Workspace } from '../support/opengauss/backup-run.ts';
import {
  fixtureRoot,
  readConnection,
  readManifest,
  describeShared,
  sharedRoot,
  type ManifestEntry,
} from '../support/opengauss/recordings.ts';
import { replayRecording, type ReplayServer } from '../support/opengauss/replay.ts';
import { picked, readTree, streamedSegmentFault } from '../support/opengauss/tree.ts';

let workspace: Workspace;
let server: ReplayServer | undefined;
let target: string;

beforeEach(() => {
  workspace = new Workspace();
  target = workspace.at('backup');
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  workspace.remove();
});

const native = (name: string): Map<string, ManifestEntry> => readManifest(join(fixtureRoot, name));
const segment = '000000010000000000000005';
const behind = '000000010000000000000006';
/** The end of the recorded backup is 0/5009A18. */
const needed = 0x9a18;

/** The differences from the native client that docs/design/opengauss.md lists for a plain backup. */
function withChosenDifferences(manifest: Map<string, ManifestEntry>): Map<string, ManifestEntry> {
  const expected = new Map(manifest);
  // Where the receiver stops behind the end of the backup is chance: the segments are compared apart.
  for (const name of [segment, behind]) expected.delete(`pg_xlog/${name}`);
  // Directories that no archive describes get the mode of the data directory.
  for (const path of ['pg_location', 'pg_location/x']) {
    expected.set(path, { ...expected.get(path)!, mode: '0700' });
  }
  expected.set('pg_tblspc/16421', { ...expected.get('pg_tblspc/16421')!, link: join(target, 'pg_location/x/y') });
  expected.set('pg_tblspc/16422', { ...expected.get('pg_tblspc/16422')!, link: `${target}.ts` });
  return expected;
}

/** What has no counterpart: our manifest and its companion, and the marks of streamed segments; looked at apart. */
function notOurs(path: string): boolean {
  return path !== 'backup_manifest' && path !== companionFileName && !/^pg_xlog\/(archive_status\/)?0000/.test(path);
}

/** The segment 5 of the recorded stream, which equals the archived one: the payloads of its `w` messages. */
function recordedSegment(): Buffer {
  const content = Buffer.alloc(16 << 20);
  const { received } = readConnection(join(sharedRoot, 'basebackup-plain-stream'), 2);
  for (const { type, body } of received) {
    if (type !== 'd' || body[0] !== 0x77) continue;
    const at = Number(body.readBigUInt64LE(1) - 0x500_0000n);
    if (at < content.length) body.copy(content, at, 65);
  }
  return content;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** An archive of the recorded tar backup, unpacked by the system's tar. */
function unpack(name: string): string {
  const directory = workspace.at(`unpacked-${name}`);
  mkdirSync(directory);
  execFileSync('tar', ['-xpf', join(target, name), '-C', directory]);
  return directory;
}

describeShared('a recorded base backup', () => {
  it.each([undefined, { size: 7, forBytes: 50_000 }])(
    'plain, streamed, is the native directory (cut %j)',
    async (chunking) => {
      server = await replayRecording(join(sharedRoot, 'basebackup-plain-stream'), chunking ? { chunking } : {});
      const args = [
        '-D',
        target,
        '-X',
        'stream',
        '-P',
        '-v',
        '-c',
        'fast',
        ...mapping('/home/omm/ts_abs', `${target}.ts`),
      ];
      const result = await runBackup(server, args);
      expect(result).toMatchObject({ status: 0 });
      expect(server.mismatches).toEqual([]);
      expect(picked(await readTree(target), notOurs)).toEqual(
        picked(withChosenDifferences(native('native-plain/manifest.tsv'))),
      );
      const companion = decodeCompanion(readFileSync(join(target, companionFileName)));
      expect(companion).toEqual({ missingFiles: [], tablespaces: [{ oid: 16422, location: '/home/omm/ts_abs' }] });
      const walBelow = join(target, 'pg_xlog');
      const fault = streamedSegmentFault(readFileSync(join(walBelow, segment)), recordedSegment(), needed);
      expect(fault).toBeUndefined();
      // Streamed segments are marked as archived, as fetched ones are.
      expect(readdirSync(join(walBelow, 'archive_status'))).toContain(`${segment}.done`);
      expect(readdirSync(walBelow).filter((name) => name > behind && name.startsWith('0'))).toEqual([]);
      expect(picked(await readTree(`${target}.ts`))).toEqual(picked(native('native-plain/manifest-ts_abs.tsv')));
      expect(result.stderr).toContain('INFO:  The starting position of the xlog copy of the full build is: 0/5000028.');
      for (const reply of server.replies) expect(reply).toHaveLength(65);
    },
  );

  it('tar in the format of openGauss is the native archives', async () => {
    server = await replayRecording(join(sharedRoot, 'basebackup-tar-fetch'));
    const args = ['-D', target, '-F', 't', '-X', 'fetch', '-P', '-v', '-c', 'fast', '--tar-format=opengauss'];
    expect(await runBackup(server, args)).toMatchObject({ status: 0 });
    expect(server.mismatches).toEqual([]);
    const whole = readFileSync(join(fixtureRoot, 'native-tar/manifest.tsv'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('(whole archive)'))
      .map((line) => line.split('\t'));
    expect(whole).toHaveLength(3);
    for (const [name, , , , , sum] of whole) expect([name, await sha256(join(target, name!))]).toEqual([name, sum]);
    expect(readdirSync(target).filter((name) => name.endsWith('.tar'))).toHaveLength(3);
  });

  it('standard tar unpacks to what gs_tar makes of the native archives', async () => {
    server = await replayRecording(join(sharedRoot, 'basebackup-tar-fetch'));
    const args = ['-D', target, '-F', 't', '-X', 'fetch', '-P', '-v', '-c', 'fast'];
    expect(await runBackup(server, args)).toMatchObject({ status: 0 });
    expect(server.mismatches).toEqual([]);
    const unpacked = picked(await readTree(unpack('base.tar')), (path) => path !== 'backup_manifest');
    expect(unpacked).toEqual(picked(native('native-untar/manifest-base.tsv')));
    for (const oid of ['16421', '16422']) {
      // gs_tar leaves a file `global` in a tablespace directory; we do not.
      const expected = picked(native(`native-untar/manifest-${oid}.tsv`), (path) => path !== 'global');
      expect(picked(await readTree(unpack(`${oid}.tar`)))).toEqual(expected);
    }
  });
});
