import { constants } from 'node:fs';
import { access, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { archiveElsewhere, archiveOwner, archiveSpace } from '../checks/archive-place-checks.ts';
import { textOf, walRateOf, type HostFacts, type ServerFacts, type WaitingSegments } from '../checks/server-facts.ts';
import type { ServerFinding } from '../checks/server-finding.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { directoryState } from '../files/directory-state.ts';
import { identifySystem, type SystemIdentity } from '../replication/identify.ts';
import type { ReplicationSession } from '../replication/open-session.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import { readControlFile } from '../server/control-file.ts';
import { formatLsn } from '../wal/lsn.ts';
import { lookAtArchive, placeOfCommand, programOfCommand, type ArchivePlace } from './archive-place.ts';
import { targetFindings } from './target-findings.ts';

/** What is to be looked at on this host; everything absolute. */
export interface HostRequest {
  /** Where a backup of the server is to go; undefined: not asked about. */
  readonly backupDirectory?: string | undefined;
  /** Where a backup of it is to be restored; undefined: not asked about. */
  readonly restoreDirectory?: string | undefined;
  /** Where the server archives; undefined: where its settings say, if it is on this host. */
  readonly archive?: ArchivePlace | undefined;
}

export interface HostOptions {
  readonly replication: ReplicationSession | undefined;
  /** Host that the sessions were opened to. */
  readonly host: string;
  readonly signal?: AbortSignal | undefined;
}

/** What checks judge together with what the server said. */
export async function hostFacts(
  facts: ServerFacts,
  { restoreDirectory }: HostRequest,
  options: HostOptions,
): Promise<HostFacts> {
  const command = textOf(facts, 'archive_command');
  const program = command === undefined ? undefined : programOfCommand(command);
  const isHere = await isOnThisHost(facts, options);
  return {
    placesInUse: restoreDirectory === undefined ? undefined : await placesInUse(facts),
    archiveProgram: isHere && program !== undefined ? await stateOfProgram(program) : undefined,
    waiting: isHere ? await waitingSegments(facts) : undefined,
  };
}

/** Findings about places of this host. */
export async function lookAtHost(
  facts: ServerFacts | undefined,
  { backupDirectory, restoreDirectory, archive }: HostRequest,
  options: HostOptions,
): Promise<ServerFinding[]> {
  const findings: ServerFinding[] = [];
  if (backupDirectory !== undefined) findings.push(...(await targetFindings(backupDirectory, facts, 'backup')));
  if (restoreDirectory !== undefined) findings.push(...(await targetFindings(restoreDirectory, facts, 'restore')));
  const place = archive ?? (facts && (await archiveOfSettings(facts, options)));
  if (place !== undefined) return [...findings, ...(await archiveFindings(place, facts, options))];
  const mode = facts && textOf(facts, 'archive_mode');
  return mode === undefined || mode === 'off' ? findings : [...findings, archiveElsewhere];
}

async function archiveFindings(
  place: ArchivePlace,
  facts: ServerFacts | undefined,
  { replication, signal }: HostOptions,
): Promise<ServerFinding[]> {
  const ask = async (): Promise<SystemIdentity | undefined> =>
    replication && identifySystem(replication.connection, { signal });
  const { facts: found, position } = await lookAtArchive(place, ask, signal);
  const server = {
    systemIdentifier: position === undefined ? undefined : BigInt(position.systemIdentifier),
    inRecovery: facts?.inRecovery,
    position: position && { lsn: formatLsn(position.flushLsn), timeline: position.timeline },
  };
  const room = archiveSpace(found, facts && walRateOf(facts));
  return [archiveOwner(found, server), ...(room === undefined ? [] : [room])];
}

/** Where the server archives, as far as that is a directory of this host. */
async function archiveOfSettings(facts: ServerFacts, options: HostOptions): Promise<ArchivePlace | undefined> {
  const mode = textOf(facts, 'archive_mode');
  if (mode === undefined || mode === 'off') return undefined;
  const { archiveDirectory, archiveLibrary } = facts.examination;
  if (archiveLibrary !== undefined && (textOf(facts, archiveLibrary) ?? '') !== '') return undefined;
  const directory = archiveDirectory === undefined ? '' : (textOf(facts, archiveDirectory) ?? '');
  const place =
    directory === ''
      ? placeOfCommand(textOf(facts, 'archive_command') ?? '')
      : { path: directory, generation: undefined };
  return place !== undefined && (await isOnThisHost(facts, options)) ? place : undefined;
}

/**
 * Whether the server has the files of this host: its data directory is here and is its own, or cannot be looked at and the server is reached by a socket. An
 * address says nothing, and neither does a socket where there is no such directory: a container, or a tunnel, has other files.
 */
export async function isOnThisHost(
  facts: Pick<ServerFacts, 'settings'>,
  { replication, host }: Pick<HostOptions, 'replication' | 'host'>,
): Promise<boolean> {
  const bySocket = host.startsWith('/');
  const data = textOf(facts, 'data_directory');
  if (data === undefined) return bySocket;
  try {
    const control = readControlFile(await readFile(join(data, 'global/pg_control')));
    return replication === undefined
      ? bySocket
      : control.systemIdentifier === BigInt(replication.system.systemIdentifier);
  } catch (error) {
    const code = systemCodeOf(error);
    return bySocket && (code === 'EACCES' || code === 'EPERM');
  }
}

/** What the server has marked as to be archived; undefined where that cannot be looked at. */
async function waitingSegments(facts: ServerFacts): Promise<WaitingSegments | undefined> {
  const data = textOf(facts, 'data_directory');
  if (data === undefined) return undefined;
  const directory = join(data, capabilitiesOf(facts.identity).walDirectory, 'archive_status');
  try {
    const names = (await readdir(directory)).filter((name) => name.endsWith('.ready'));
    // One after another: where archiving has failed for months there are many.
    let [count, oldestMs] = [0, 0];
    for (const name of names) {
      const markedMs = await markedAt(join(directory, name));
      if (markedMs === undefined) continue;
      count += 1;
      oldestMs = Math.max(oldestMs, Date.now() - markedMs);
    }
    return { count, oldestMs };
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return undefined;
  }
}

/** In ms since 1970; undefined: it was archived meanwhile. */
async function markedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function placesInUse({ tablespaces = [] }: ServerFacts): Promise<ReadonlySet<string>> {
  const inUse = new Set<string>();
  for (const { path } of tablespaces) if (path.startsWith('/') && (await isInUse(path))) inUse.add(path);
  return inUse;
}

/** What cannot be looked at is there, and no restore can fill it. */
async function isInUse(path: string): Promise<boolean> {
  try {
    const state = await directoryState(fromText(path));
    return state !== 'missing' && state !== 'empty';
  } catch (error) {
    if (error instanceof BackupError) return true;
    throw error;
  }
}

async function stateOfProgram(path: string): Promise<HostFacts['archiveProgram']> {
  try {
    await access(path, constants.X_OK);
    return 'found';
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'absent';
    // What this account may not enter or execute, that of the server perhaps may; a file that nobody may execute, nobody may.
    const mode = await stat(path).then(
      (stats) => stats.mode,
      () => undefined,
    );
    return mode !== undefined && (mode & 0o111) === 0 ? 'not-executable' : undefined;
  }
}
