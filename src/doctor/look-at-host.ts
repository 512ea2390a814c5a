import { readdir, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import {
  archiveClock,
  archiveElsewhere,
  archiveOwner,
  archiveSpace,
  archiveUntold,
  lineOf,
  type ArchivePlaceFacts,
  type ServerPlace,
} from '../checks/archive-place-checks.ts';
import { optionOfCommand, wordsOfCommand } from '../checks/archive-command-words.ts';
import type { Backlog } from '../checks/backlog.ts';
import {
  archiveCommandOf,
  textOf,
  walRateOf,
  type CommandJudgement,
  type HostFacts,
  type LookedAtArchive,
  type ServerFacts,
} from '../checks/server-facts.ts';
import type { ServerFinding } from '../checks/server-finding.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { directoryState } from '../files/directory-state.ts';
import { identifySystem, type SystemIdentity } from '../replication/identify.ts';
import type { ReplicationSession } from '../replication/open-session.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import { readControlFile } from '../server/control-file.ts';
import { formatLsn } from '../wal/lsn.ts';
import { lookAtArchive, placeOfCommand, type ArchivePlace } from './archive-place.ts';
import { programOf, targetOf } from './look-at-command.ts';
import { targetFindings } from './target-findings.ts';

/** What is to be looked at on this host; everything absolute. */
export interface HostRequest {
  /** Where a backup of the server is to go; undefined: not asked about. */
  readonly backupDirectory?: string | undefined;
  /** Where a backup of it is to be restored; undefined: not asked about. */
  readonly restoreDirectory?: string | undefined;
  /** Where the server archives; undefined: where its settings say, if it is on this host. */
  readonly archive?: ArchivePlace | undefined;
  /** Where the words of an archive_command archive, if not plainly into a directory; undefined: they do not tell. */
  readonly archiveOfCommand?: ((words: readonly string[]) => Promise<ArchivePlace | undefined>) | undefined;
  /** What is wrong with the words of an archive_command, where they are of a program that knows. */
  readonly judgeCommand?: ((words: readonly string[]) => Promise<CommandJudgement | undefined>) | undefined;
  /** The process that pushes for the server of a data directory, by its spool (undefined: the one beside it), where that stands still. */
  readonly stoppedPusher?: ((dataDirectory: string, spool: string | undefined) => number | undefined) | undefined;
  /** The archive_command by which the server would archive there, for the advice; undefined: the advice says how to make one. */
  readonly pushCommand?: string | undefined;
}

export interface HostOptions {
  readonly replication: ReplicationSession | undefined;
  /** Host that the sessions were opened to. */
  readonly host: string;
  readonly signal?: AbortSignal | undefined;
}

/** What checks judge together with what the server said. @param archive what was found where it archives */
export async function hostFacts(
  facts: ServerFacts,
  { restoreDirectory, archive: named, pushCommand, archiveOfCommand, judgeCommand, stoppedPusher }: HostRequest,
  archive: SeenArchive | undefined,
  options: HostOptions,
): Promise<HostFacts> {
  const isHere = await isOnThisHost(facts, options);
  const words = wordsOfCommand(textOf(facts, 'archive_command') ?? '');
  const data = isHere ? textOf(facts, 'data_directory') : undefined;
  // With archiving off, the settings may lead to another than was named; whoever turns it on archives there.
  const further =
    archive?.isNamed === true && !archive.server.archives
      ? await seeArchive(facts, { archiveOfCommand }, options)
      : undefined;
  return {
    placesInUse: restoreDirectory === undefined ? undefined : await placesInUse(facts),
    archiveProgram: isHere ? await programOf(facts) : undefined,
    archiveWords: await judgeCommand?.(words),
    archiveTarget: isHere ? await targetOf(facts) : undefined,
    archive: archive && lineSeen(archive, further),
    pushCommand: isHere && named !== undefined ? pushCommand : undefined,
    stoppedPusher: data === undefined ? undefined : stoppedPusher?.(data, optionOfCommand(words, '--spool')),
    waiting: isHere ? await waitingWal(facts) : undefined,
  };
}

function lineSeen(archive: SeenArchive, further: SeenArchive | undefined): LookedAtArchive {
  const seen = ({ found, server }: SeenArchive): LookedAtArchive => ({ path: found.path, line: lineOf(found, server) });
  const second = further && seen(further);
  return second?.line === 'foreign' ? second : seen(archive);
}

/** An archive, and what the server was when it was looked at. */
export interface SeenArchive {
  readonly found: ArchivePlaceFacts;
  readonly server: ServerPlace;
  /** It was named to us, not found in the settings. */
  readonly isNamed: boolean;
}

/** Looks at the archive that was named, else at that of the settings, also where archiving is off; undefined: none of this host is known. */
export async function seeArchive(
  facts: ServerFacts,
  { archive, archiveOfCommand }: HostRequest,
  options: HostOptions,
): Promise<SeenArchive | undefined> {
  const place = archive ?? (await archiveOfSettings(facts, archiveOfCommand, options));
  if (place === undefined) return undefined;
  const { replication, signal } = options;
  const ask = async (): Promise<SystemIdentity | undefined> =>
    replication && identifySystem(replication.connection, { signal });
  const { facts: found, position } = await lookAtArchive(place, ask, { isNamed: archive !== undefined, signal });
  const mode = textOf(facts, 'archive_mode');
  const server = {
    systemIdentifier: position === undefined ? undefined : BigInt(position.systemIdentifier),
    inRecovery: facts.inRecovery,
    position: position && { lsn: formatLsn(position.flushLsn), timeline: position.timeline },
    archives: mode === undefined ? undefined : mode !== 'off',
  };
  return { found, server, isNamed: archive !== undefined };
}

/** Findings about places of this host. */
export async function lookAtHost(
  facts: ServerFacts,
  { backupDirectory, restoreDirectory }: HostRequest,
  archive: SeenArchive | undefined,
): Promise<ServerFinding[]> {
  const findings: ServerFinding[] = [];
  if (backupDirectory !== undefined) findings.push(...(await targetFindings(backupDirectory, facts, 'backup')));
  if (restoreDirectory !== undefined) findings.push(...(await targetFindings(restoreDirectory, facts, 'restore')));
  if (archive !== undefined) return [...findings, ...archiveFindings(archive, facts)];
  const mode = textOf(facts, 'archive_mode');
  if (mode === undefined) return [...findings, archiveUntold];
  return mode === 'off' ? findings : [...findings, archiveElsewhere];
}

function archiveFindings({ found, server, isNamed }: SeenArchive, facts: ServerFacts): ServerFinding[] {
  const owner = archiveOwner(found, server);
  if (!isNamed && server.archives === false) return lineOf(found, server) === 'foreign' ? [owner] : [];
  const room = archiveSpace(found, walRateOf(facts));
  const clock = archiveClock(found);
  return [owner, ...(room === undefined ? [] : [room]), ...(clock === undefined ? [] : [clock])];
}

/** Where the server archives, as far as its settings tell, for a server of this host. */
async function archiveOfSettings(
  facts: ServerFacts,
  archiveOfCommand: HostRequest['archiveOfCommand'],
  options: HostOptions,
): Promise<ArchivePlace | undefined> {
  if (textOf(facts, 'archive_mode') === undefined) return undefined;
  const { archiveDirectory, archiveLibrary } = facts.examination;
  if (archiveLibrary !== undefined && (textOf(facts, archiveLibrary) ?? '') !== '') return undefined;
  const directory = archiveDirectory === undefined ? '' : (textOf(facts, archiveDirectory) ?? '');
  if (!(await isOnThisHost(facts, options))) return undefined;
  if (directory !== '') return { path: directory, generation: undefined };
  const command = archiveCommandOf(facts) ?? '';
  return placeOfCommand(command) ?? archiveOfCommand?.(wordsOfCommand(command));
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
async function waitingWal(facts: ServerFacts): Promise<Backlog | undefined> {
  const data = textOf(facts, 'data_directory');
  if (data === undefined) return undefined;
  const wal = join(data, capabilitiesOf(facts.identity).walDirectory);
  const directory = join(wal, 'archive_status');
  try {
    const names = (await readdir(directory)).filter((name) => name.endsWith('.ready'));
    // One after another: where archiving has failed for months there are many.
    let [count, bytes] = [0, 0];
    let oldest: { readonly name: string; readonly markedMs: number } | undefined;
    for (const name of names) {
      const markedMs = await markedAt(join(directory, name));
      if (markedMs === undefined) continue;
      count += 1;
      const file = name.slice(0, -'.ready'.length);
      bytes += await sizeOf(join(wal, file));
      if (oldest === undefined || markedMs < oldest.markedMs) oldest = { name: file, markedMs };
    }
    const { bavail, blocks, bsize } = await statfs(wal);
    const seconds = oldest === undefined ? 0 : Math.max(0, Math.floor((Date.now() - oldest.markedMs) / 1000));
    return {
      ...{ count, bytes, oldest: oldest && { name: oldest.name, seconds } },
      ...{ freeBytes: bavail * bsize, totalBytes: blocks * bsize },
    };
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return undefined;
  }
}

/** 0: it was removed meanwhile. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return 0;
    throw error;
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
