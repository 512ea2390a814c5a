import { formatLsn, type PrunedRange } from '../index.ts';
import { stateOf, type ShownBackup, type ShownInstance, type Said } from './shown-backup.ts';

/**
 * A backup of a repository as JSON: positions as `X/X`, times as text in UTC, 64-bit numbers as text, sizes in bytes. Fields are
 * only ever added. Of a backup that cannot be read all that only it could say is null.
 */
export function backupRecord({ name }: Pick<ShownInstance, 'name'>, backup: ShownBackup): Record<string, unknown> {
  const { id, facts, note, pins, condemned } = backup;
  return {
    messageType: 'backup',
    instance: name,
    id,
    state: stateOf(backup),
    systemIdentifier: facts?.systemIdentifier.toString() ?? null,
    product: facts?.product ?? null,
    release: facts?.release ?? null,
    generation: facts?.generation ?? null,
    timeline: facts?.timeline ?? null,
    startLsn: facts === undefined ? null : formatLsn(facts.startLsn),
    endLsn: facts === undefined ? null : formatLsn(facts.endLsn),
    startedAt: facts?.startedAt ?? null,
    endedAt: facts?.endedAt ?? null,
    storedAt: backup.storedAtMs === undefined ? null : new Date(backup.storedAtMs).toISOString(),
    label: facts?.label ?? null,
    note: note ?? null,
    source: facts?.source ?? null,
    prior: facts?.prior ?? null,
    files: facts?.files ?? null,
    logicalBytes: facts?.logicalBytes ?? null,
    newBytes: facts?.newBytes ?? null,
    referencedBytes: facts?.referencedBytes ?? null,
    trust: facts?.trust ?? null,
    pins: pins.map(({ until, ...said }) => ({ until: until ?? null, ...saidRecord(said) })),
    condemned: condemned === undefined ? null : saidRecord(condemned),
    lockedUntil: backup.lockedUntilMs === undefined ? null : new Date(backup.lockedUntilMs).toISOString(),
    standalone: backup.standaloneBy === undefined ? null : rangeRecord(backup.standaloneBy),
  };
}

/** The WAL that is missing for a recovery beyond the end of the backup. */
function rangeRecord({ beginLsn, endLsn, at }: PrunedRange): Record<string, unknown> {
  return { beginLsn: formatLsn(beginLsn), endLsn: formatLsn(endLsn), removedAt: at };
}

function saidRecord({ text, by, at }: Said): Record<string, unknown> {
  return { reason: text ?? null, by, at };
}
