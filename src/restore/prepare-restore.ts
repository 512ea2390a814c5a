import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { accountOf } from './account.ts';
import { checkRoom } from './check-room.ts';
import type { ConfigurationPlan } from './configure.ts';
import type { PlaceFacts } from './facts.ts';
import { hostPlaces } from './host-places.ts';
import { openChain, type EarlierSource } from './open-chain.ts';
import { planTablespaces } from './plan-tablespaces.ts';
import { planRestore, type RestorePlan } from './plan.ts';
import { proveBackupWal, type BackupWalOptions } from './prove-backup-wal.ts';
import type { RestoreRequest } from './request.ts';
import type { Owner } from '../files/directory-owner.ts';
import { refuseRunningServer } from './running-server.ts';
import type { BackupSource } from '../backup-source/backup-source.ts';
import { freeSuffix, placeFacts, targetFacts } from './target-facts.ts';

export interface PrepareOptions {
  readonly signal?: AbortSignal | undefined;
  /** Read all that a plan can tell, even where that costs a pass over an archive. Default false: only what decides. */
  readonly wholePlan?: boolean | undefined;
  /** Where the process table is; a test has its own. */
  readonly procRoot?: string | undefined;
  /** How the WAL inside the backup is read, where there is no other. False: the caller answers for it, the plan says nothing of it. */
  readonly ownWal?: BackupWalOptions | false | undefined;
  /** What to do where there is no room, if it is not a restore that is prepared. */
  readonly noRoomHint?: Message | undefined;
}

/** A restore that is planned and can be carried out. Nothing was changed so far. */
export interface PreparedRestore {
  readonly request: RestoreRequest;
  readonly plan: RestorePlan;
  readonly source: BackupSource;
  /** What is restored before it, oldest first. */
  readonly earlier: readonly EarlierSource[];
}

/**
 * Looks at the backup and at the target and plans the restore; reads the WAL inside the backup where there is no other. Changes nothing.
 * @throws BackupError as `planRestore` and `proveBackupWal`; `BACKUP_NOT_FOUND`, `CORRUPT`; `STORAGE_UNAVAILABLE`, also where there is no room for the copy; `TARGET_NOT_EMPTY` where a server runs
 */
export async function prepareRestore(request: RestoreRequest, options: PrepareOptions = {}): Promise<PreparedRestore> {
  const { signal = new AbortController().signal, wholePlan = false, procRoot } = options;
  const { directory: path } = request;
  if (path.includes('\n')) {
    throw new BackupError('CONFIG_INVALID', say('files.line-feed', { path }), { hint: say('files.line-feed.hint') });
  }
  const now = new Date();
  const there = await targetFacts(request.directory, now);
  const hasNodeName = request.settings?.some(({ name }) => name.toLowerCase() === 'pgxc_node_name') ?? false;
  const { source, facts, earlier } = await openChain(request, {
    identity: there.systemIdentifier !== undefined || there.unfinished?.systemIdentifier !== undefined,
    configuration: wholePlan || hasNodeName,
    signal,
  });
  await refuseRunningServer(there.path, { stopCommand: facts.rules.stopCommand, procRoot });
  const tablespaces = planTablespaces(request, facts, there);
  const places = new Map<ByteString, PlaceFacts>();
  const paths = [
    ...tablespaces.filter(({ isInside }) => !isInside).map(({ directory }) => directory),
    ...there.links.flatMap(({ real }) => real ?? []),
  ];
  for (const path of paths) places.set(path, await placeFacts(path, there.path));
  const movable = [...places.values()].map(({ real }) => real);
  const target = { ...there, asideSuffix: freeSuffix([there.path, ...movable], now) };
  if (request.port !== undefined) await requireFreePorts(request.port, facts.rules.ports, procRoot ?? '/proc');
  const plan = planRestore(request, { source: facts, target, tablespaces, places, hostOf });
  if (request.checkSpace !== false) await checkRoom(plan, request.recovery?.walBytes ?? 0, options.noRoomHint);
  // The last, as it is the only part that can take long.
  const { ownWal = {} } = options;
  const isAlone = request.recovery === undefined && ownWal !== false;
  const proved = isAlone ? await proveBackupWal(request.from, ownWal, signal) : undefined;
  return { request, plan: { ...plan, ownWal: proved }, source, earlier };
}

function hostOf(owner: Owner): Pick<ConfigurationPlan, 'host' | 'account'> {
  const account = accountOf(owner.uid);
  return { host: hostPlaces(owner, account?.groups), account: account?.name };
}

async function requireFreePorts(port: number, offsets: readonly number[], procRoot: string): Promise<void> {
  for (const offset of offsets) {
    const wanted = port + offset;
    if (wanted > 65_535) throw new BackupError('USAGE', say('restore.port-range', { port: wanted }));
    if (!(await isFree(wanted))) {
      throw new BackupError('CONFIG_INVALID', say('restore.port-taken', { port: wanted }), {
        hint: say(offsets.length > 1 ? 'restore.port-pair.hint' : 'restore.port-taken.hint'),
      });
    }
    const socket = socketOfPort(wanted, procRoot);
    if (socket === undefined) continue;
    throw new BackupError('CONFIG_INVALID', say('restore.port-socket', { port: wanted, socket }), {
      hint: say(offsets.length > 1 ? 'restore.port-pair.hint' : 'restore.port-taken.hint'),
    });
  }
}

/**
 * A socket of a server with that port, which need not listen on TCP. Source: proc(5), net/unix: the sixth word is 01 for a
 * socket that is not connected, the fourth has bit 0x10000 where it listens.
 */
function socketOfPort(port: number, procRoot: string): string | undefined {
  let lines: string[];
  try {
    lines = readFileSync(`${procRoot}/net/unix`, 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const listening = lines.map((line) => /^\S+ \S+ \S+ ([0-9A-F]{8}) \S+ \S+ +\S+ (.+)$/.exec(line));
  return listening.find(
    (found) => (Number.parseInt(found?.[1] ?? '0', 16) & 0x10000) !== 0 && found?.[2]?.endsWith(`/.s.PGSQL.${port}`),
  )?.[2];
}

/** Whether a server could listen there. Ports that only root may open are not ours to judge. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(systemCodeOf(error) !== 'EADDRINUSE'));
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
