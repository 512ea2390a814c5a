import { execFileSync } from 'node:child_process';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { manifestAlgorithmOf, type ManifestAlgorithm } from './manifest-algorithm.ts';
import type { GivenOptions } from './option-table.ts';
import { extraWord, refuseStore, usage } from './parse-options.ts';
import { parseTablespaceMapping } from './tablespace-mapping.ts';

/** Where tablespaces are to go. */
export interface TablespaceSettings {
  readonly tablespaces: readonly {
    readonly from: { readonly oid: number } | { readonly directory: string };
    readonly to: string;
  }[];
  /** Directory for all that no mapping names. */
  readonly allTablespaces: string | undefined;
}

/** What a command line asked `gausskeep restore` for; the fields of the library's request. */
export interface RestoreSettings extends TablespaceSettings {
  readonly from: { readonly kind: 'directory'; readonly path: string };
  /** The backups that it builds on, the full one first. */
  readonly basedOn: readonly { readonly kind: 'directory'; readonly path: string }[] | undefined;
  readonly directory: string;
  readonly force: boolean;
  readonly delta: boolean;
  readonly allowForeign: boolean;
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly port: number | undefined;
  readonly listen: string | undefined;
  readonly settings: readonly { readonly name: string; readonly value: string }[];
  readonly standalone: boolean;
  readonly archiveMode: 'off' | 'preserve' | undefined;
  readonly verify: boolean;
  readonly checkSpace: boolean;
  readonly sync: boolean;
  readonly syncMethod: 'fsync' | 'syncfs' | undefined;
  /** The copy gets a manifest with these checksums. */
  readonly manifestChecksums: ManifestAlgorithm | undefined;
}

/** @param chosen the backup that a recovery chose @throws BackupError `USAGE` */
export function restoreSettings(program: string, given: GivenOptions, chosen?: string): RestoreSettings {
  const [operand, second] = given.operands;
  const from = chosen ?? given.last('from') ?? operand;
  const extra = given.has('from') ? operand : second;
  if (extra !== undefined) throw extraWord(program, extra);
  if (from === undefined || from === '') throw usage(program, say('restore.no-from'));
  // One that was chosen may be of a repository in a store.
  if (chosen === undefined) refuseStore(given.has('from') ? '--from' : 'BACKUP', from);
  const directory = given.last('pgdata');
  if (directory === undefined || directory === '') throw usage(program, say('restore.no-pgdata'));
  return {
    from: { kind: 'directory', path: withoutSlash(from) },
    basedOn: earlierOf(program, given),
    directory: withoutSlash(directory),
    ...tablespaceSettings(given),
    force: given.has('force'),
    delta: given.has('delta'),
    allowForeign: given.has('allow-foreign'),
    owner: ownerOption(given),
    port: portOf(program, given.last('port')),
    listen: given.last('listen'),
    settings: given.all('set').map((text) => settingOf(program, text)),
    standalone: given.has('standalone'),
    archiveMode: archiveModeOf(program, given.last('archive-mode')),
    verify: !given.has('no-verify'),
    checkSpace: !given.has('no-space-check'),
    sync: !given.has('no-sync'),
    syncMethod: syncMethodOf(program, given.last('sync-method')),
    manifestChecksums: checksumsOf(program, given.last('manifest-checksums')),
  };
}

function syncMethodOf(program: string, text: string | undefined): RestoreSettings['syncMethod'] {
  if (text === undefined || text === 'fsync' || text === 'syncfs') return text;
  throw usage(program, say('backup.bad-sync-method', { text }));
}

/** All but the last of several backups. */
function earlierOf(program: string, given: GivenOptions): RestoreSettings['basedOn'] {
  const earlier = given.all('from').slice(0, -1);
  if (earlier.includes('')) throw usage(program, say('restore.no-from'));
  return earlier.length === 0 ? undefined : earlier.map((path) => ({ kind: 'directory', path: withoutSlash(path) }));
}

function withoutSlash(path: string): string {
  return path.replace(/(.)\/+$/, '$1');
}

/** @throws BackupError `USAGE` */
export function tablespaceSettings(given: GivenOptions): TablespaceSettings {
  const all = given.last('tablespace-map-all');
  if (all !== undefined && !all.startsWith('/')) {
    throw new BackupError('USAGE', say('backup.mapping-new-relative', { path: all }));
  }
  return { tablespaces: given.all('tablespace-mapping').map(mappingOf), allTablespaces: all };
}

function mappingOf(text: string): TablespaceSettings['tablespaces'][number] {
  const byOid = /^([1-9]\d{0,9})=(\/.*)$/.exec(text);
  if (byOid !== null) return { from: { oid: Number(byOid[1]) }, to: withoutSlash(byOid[2] ?? '') };
  const { oldDirectory, newDirectory } = parseTablespaceMapping(text);
  return { from: { directory: oldDirectory }, to: newDirectory };
}

function portOf(program: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port === 0 || port > 65_535) throw usage(program, say('restore.bad-port', { text }));
  return port;
}

function settingOf(program: string, text: string): { name: string; value: string } {
  const equals = text.indexOf('=');
  if (equals <= 0) throw usage(program, say('restore.bad-set', { text }));
  return { name: text.slice(0, equals).trim(), value: text.slice(equals + 1) };
}

function checksumsOf(program: string, text: string | undefined): ManifestAlgorithm | undefined {
  const algorithm = text === undefined ? undefined : manifestAlgorithmOf(text);
  if (text === undefined || algorithm !== undefined) return algorithm;
  throw usage(program, say('backup.bad-manifest-algorithm', { text }));
}

function archiveModeOf(program: string, text: string | undefined): 'off' | 'preserve' | undefined {
  if (text === undefined || text === 'off' || text === 'preserve') return text;
  throw usage(program, say('restore.bad-archive-mode', { text }));
}

/** The account that `--owner` names. @throws BackupError `USAGE` when there is none */
export function ownerOption(given: GivenOptions): { uid: number; gid: number } | undefined {
  const owner = given.last('owner');
  return owner === undefined ? undefined : accountOf(owner);
}

/** `USER`, `USER:GROUP` or numbers; names are looked up by the system, which may know more than /etc/passwd. */
function accountOf(text: string): { uid: number; gid: number } {
  const [user = '', group] = text.split(':');
  const uid = idOf('-u', user);
  const gid = group === undefined ? idOf('-g', user) : groupOf(group);
  return { uid, gid };
}

function idOf(flag: '-u' | '-g', user: string): number {
  try {
    return Number(execFileSync('id', [flag, '--', user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    if (/^\d+$/.test(user)) return Number(user);
    throw new BackupError('USAGE', say('restore.unknown-owner', { name: user }));
  }
}

function groupOf(group: string): number {
  if (/^\d+$/.test(group)) return Number(group);
  try {
    const line = execFileSync('getent', ['group', group], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return Number(line.split(':')[2]);
  } catch {
    throw new BackupError('USAGE', say('restore.unknown-owner', { name: group }));
  }
}
