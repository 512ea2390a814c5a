import type { ArchiverRow, ServerFacts, SettingRow, SlotRow, Told } from '../checks/server-facts.ts';
import type { Abortable, Connection } from '../connection/connection.ts';
import { ServerError } from '../connection/server-error.ts';
import { clockQuery, examinationOf, recoveryQuery, settingsQuery, type Examination } from '../server/examination.ts';
import { releaseQuery, withRelease, type ServerIdentity } from '../server/identity.ts';

type Row = readonly (string | null)[];

/**
 * Asks a server everything that checks judge, over one SQL session. What it refuses to tell this role is left out of the facts.
 * @param ownSession the name under which a replication session of ours is open while this runs; undefined: there is none
 * @throws BackupError where the connection breaks
 */
export async function askFacts(
  connection: Connection,
  recognised: ServerIdentity,
  { ownSession, signal }: Abortable & { readonly ownSession: string | undefined },
): Promise<ServerFacts> {
  const ask = async (query: string | undefined): Promise<Told<readonly Row[]>> => {
    if (query === undefined) return undefined;
    try {
      return (await connection.query(query, { signal }))[0]?.rows ?? [];
    } catch (error) {
      if (error instanceof ServerError) return undefined;
      throw error;
    }
  };
  const count = async (query: string | undefined): Promise<Told<number>> => numberOf((await ask(query))?.[0]?.[0]);
  const identity = withRelease(recognised, (await ask(releaseQuery))?.[0]?.[0] ?? undefined);
  const examination = examinationOf(identity);
  const senders = await count(examination.walSendersQuery);
  const backups = await count(examination.runningBackupsQuery);
  const own = ownSession === undefined ? 0 : countedSessions(examination, ownSession);
  return {
    identity,
    examination,
    user: connection.user ?? '',
    settings: settingsOf((await ask(settingsQuery)) ?? []),
    walSenders: othersOf(senders, own),
    slots: (await ask(examination.slotsQuery))?.map(slotOf),
    archiver: archiverOf((await ask(examination.archiverQuery))?.[0]),
    archiveCommandWhenOn: (await ask(examination.archiveCommandQuery))?.[0]?.[0] ?? undefined,
    runningBackups: othersOf(backups, examination.backupSessions === undefined ? 0 : own),
    tablespaces: (await ask(examination.tablespacesQuery))?.map(([name, path]) => ({
      name: name ?? '',
      path: path ?? '',
    })),
    sizeBytes: bigintOf((await ask(examination.sizeQuery))?.[0]?.[0]),
    inRecovery: booleanOf((await ask(recoveryQuery))?.[0]?.[0]),
    clock: await askClock(ask),
  };
}

/** How often a replication session of that name is among those that are counted. */
function countedSessions({ backupSessions }: Examination, name: string): number {
  return backupSessions === undefined || backupSessions.includes(name) ? 1 : 0;
}

function othersOf(count: Told<number>, own: number): Told<number> {
  return count === undefined ? undefined : Math.max(0, count - own);
}

function settingsOf(rows: readonly Row[]): ReadonlyMap<string, SettingRow> {
  return new Map(
    rows.map(([name, value, unit, context]) => [
      name ?? '',
      { value: value ?? '', unit: unit ?? undefined, needsRestart: context === 'postmaster' },
    ]),
  );
}

function slotOf([name, active, temporary, heldBytes, lost]: Row): SlotRow {
  return {
    name: name ?? '',
    active: active === 't',
    temporary: temporary === 't',
    heldBytes: bigintOf(heldBytes),
    lost: lost === null ? undefined : lost === 't',
  };
}

function archiverOf(row: Told<Row>): Told<ArchiverRow> {
  if (row === undefined) return undefined;
  const [archived, lastArchived, archivedMs, failed, lastFailed, failedMs, counted, startedMs] = row;
  return {
    archivedCount: bigintOf(archived) ?? 0n,
    lastArchivedName: lastArchived ?? undefined,
    lastArchivedMs: numberOf(archivedMs),
    failedCount: bigintOf(failed) ?? 0n,
    lastFailedName: lastFailed ?? undefined,
    lastFailedMs: numberOf(failedMs),
    countedSeconds: numberOf(counted),
    serverStartedMs: numberOf(startedMs),
  };
}

/** The server read its clock at some moment between our two readings. */
async function askClock(ask: (query: string) => Promise<Told<readonly Row[]>>): Promise<ServerFacts['clock']> {
  const beforeMs = Date.now();
  const serverMs = numberOf((await ask(clockQuery))?.[0]?.[0]);
  const afterMs = Date.now();
  if (serverMs === undefined) return undefined;
  return { aheadMs: serverMs - (beforeMs + afterMs) / 2, uncertaintyMs: (afterMs - beforeMs) / 2 };
}

function numberOf(text: string | null | undefined): Told<number> {
  const value = text === null || text === undefined || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function booleanOf(text: string | null | undefined): Told<boolean> {
  return text === null || text === undefined ? undefined : text === 't';
}

function bigintOf(text: string | null | undefined): Told<bigint> {
  return text !== null && text !== undefined && /^-?\d{1,19}$/.test(text) ? BigInt(text) : undefined;
}
