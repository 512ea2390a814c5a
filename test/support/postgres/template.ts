import { spawnSync } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32c } from '../../../src/bytes/crc32c.ts';
import { controlLayoutOf } from '../../../src/server/control-layout.ts';
import { runDirectory } from '../run-directory.ts';
import { stagedBinaries, type ServerVersion } from './binaries.ts';
import { giveToServerUser, serverUser } from './server-user.ts';

/** The environment of every server process: nothing of ours, so that no PG* variable or locale leaks in. */
export const serverEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** Offsets of the system identifier: the first field of pg_control, and behind the short header of a segment's first page. */
const systemIdentifierInControl = 0;
const systemIdentifierInSegment = 24;

/**
 * Makes `dataDirectory` (which must not exist) what `initdb` with these options makes, as the account of the servers. initdb runs once for each
 * version and set of options; every instance is a copy with a system identifier of its own, so no two are the same to our programs.
 */
export function createDataDirectory(version: ServerVersion, options: readonly string[], dataDirectory: string): void {
  const copied = spawnSync('cp', ['-a', '--reflink=auto', template(version, options), dataDirectory], {
    encoding: 'utf8',
  });
  if (copied.status !== 0) throw new Error(`cp of a new instance failed: ${copied.error?.message ?? copied.stderr}`);
  becomeAnother(dataDirectory);
}

const templates = new Map<string, string>();

function template(version: ServerVersion, options: readonly string[]): string {
  const key = createHash('sha256')
    .update(JSON.stringify([version, options]))
    .digest('hex')
    .slice(0, 16);
  const known = templates.get(key);
  if (known !== undefined) return known;
  const parent = process.env['GAUSSKEEP_TEST_BINARIES'] ?? runDirectory().path;
  const directory = join(parent, `instance-${version}-${key}`);
  if (!existsSync(directory)) makeTemplate(version, options, directory);
  templates.set(key, directory);
  return directory;
}

function makeTemplate(version: ServerVersion, options: readonly string[], directory: string): void {
  const unfinished = `${directory}.${randomUUID()}`;
  mkdirSync(unfinished, { mode: 0o700 });
  giveToServerUser(unfinished);
  const initdb = spawnSync(join(stagedBinaries(version), 'bin', 'initdb'), ['-D', unfinished, ...options], {
    ...serverUser,
    cwd: '/',
    env: serverEnvironment,
    encoding: 'utf8',
  });
  if (initdb.status !== 0) {
    throw new Error(`initdb of PostgreSQL ${version} failed: ${initdb.error?.message ?? initdb.stderr}`);
  }
  try {
    renameSync(unfinished, directory);
  } catch (error) {
    // Another process was faster; its template is as good as ours.
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(directory)) throw error;
  }
}

/** Gives a copied instance a new system identifier: in pg_control and in the first page of every segment. */
function becomeAnother(dataDirectory: string): void {
  const identifier = Buffer.alloc(8);
  // As a server makes one: the time, and something that differs.
  identifier.writeUInt32LE(Math.floor(Date.now() / 1000), 4);
  randomBytes(4).copy(identifier);
  const controlFile = join(dataDirectory, 'global', 'pg_control');
  const control = readFileSync(controlFile);
  const layout = controlLayoutOf(control.readUInt32LE(8));
  if (layout === undefined) throw new Error(`${controlFile}: unknown layout`);
  identifier.copy(control, systemIdentifierInControl);
  control.writeUInt32LE(crc32c(control.subarray(0, layout.crc)), layout.crc);
  writeFileSync(controlFile, control);
  const walDirectory = join(dataDirectory, 'pg_wal');
  for (const name of readdirSync(walDirectory).filter((entry) => /^[0-9A-F]{24}$/.test(entry))) {
    const segment = openSync(join(walDirectory, name), 'r+');
    writeSync(segment, identifier, 0, 8, systemIdentifierInSegment);
    closeSync(segment);
  }
}
