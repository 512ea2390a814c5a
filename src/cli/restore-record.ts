import { formatLsn, pathToText, type ConfigurationOutcome, type RestorePlan, type RestoreResult } from '../index.ts';
import { render } from '../messages/message.ts';

type Setting = ConfigurationOutcome['changed'][number];
const settings = (found: readonly Setting[]): { name: string; value: string }[] =>
  found.map(({ name, value }) => ({ name, value: pathToText(value) }));

/** The plan of a restore as JSON: positions as `X/X`, identifiers as text, paths as text. Fields are only ever added. */
export function planRecord(plan: RestorePlan): Record<string, unknown> {
  const { source, configuration } = plan;
  return {
    messageType: 'restorePlan',
    backup: source.description,
    format: source.format,
    server: source.rules.family,
    systemIdentifier: source.systemIdentifier?.toString() ?? null,
    label: source.label.label ?? null,
    startLsn: formatLsn(source.label.startLsn),
    timeline: source.label.startTimeline,
    earlier: (source.earlier ?? []).map(({ description, label }) => ({
      backup: description,
      startLsn: formatLsn(label.startLsn),
      timeline: label.startTimeline,
    })),
    directory: pathToText(plan.directory),
    mode: plan.mode,
    bytes: source.totalBytes,
    movedAside: plan.movedAside.map(movedRecord),
    tablespaces: plan.tablespaces.map(({ oid, location, directory, link }) => ({
      oid,
      from: location === undefined ? null : pathToText(location),
      to: pathToText(directory),
      isLinked: link !== undefined,
    })),
    owner: plan.owner ?? null,
    verify: plan.verify,
    unchecked: plan.unchecked,
    sync: plan.sync,
    manifestChecksums: plan.manifestChecksums ?? null,
    archiving: configuration.archiving,
    settings: settings(configuration.outcome?.changed ?? configuration.set),
    disabledSettings: configuration.outcome === undefined ? null : settings(configuration.outcome.disabled),
    outsidePaths: configuration.outcome === undefined ? null : settings(configuration.outcome.outside),
    replicationSettings: configuration.outcome === undefined ? null : settings(configuration.outcome.replication),
    slots: source.slots?.map(pathToText) ?? null,
    backupWal: ownWalRecord(plan.ownWal),
  };
}

/** The result of a restore as JSON. */
export function restoreRecord(result: RestoreResult): Record<string, unknown> {
  const { plan, configuration } = result;
  return {
    ...planRecord(plan),
    messageType: 'restore',
    systemIdentifier: result.systemIdentifier.toString(),
    movedAside: result.movedAside.map(movedRecord),
    files: result.files,
    bytes: result.bytes,
    unchanged: result.unchanged,
    removed: result.removed,
    dropped: result.dropped.map(pathToText),
    slots: result.slots.map(pathToText),
    settings: settings(configuration.changed),
    disabledSettings: settings(configuration.disabled),
    outsidePaths: settings(configuration.outside),
    replicationSettings: settings(configuration.replication),
    archivingStopped: configuration.archivingStopped,
    archivingIsOff: configuration.archivingIsOff,
    configurationFrom: configuration.takenFrom ?? null,
    configurationLeftOut: configuration.leftOut.map(pathToText),
    filesMade: configuration.made,
    warnings: result.warnings.map((warning) => render(warning)),
  };
}

function movedRecord({ what, oid, from, to, how }: RestorePlan['movedAside'][number]): Record<string, unknown> {
  return { what, oid: oid ?? null, from: pathToText(from), to: pathToText(to), how };
}

/** Null where there is none, or where other WAL is replayed. */
function ownWalRecord(wal: RestorePlan['ownWal']): Record<string, unknown> | null {
  if (wal === undefined || wal.kind === 'absent') return null;
  if (wal.kind === 'unread') return { read: false };
  const { first, last, count, endLsn, brokenBehind } = wal;
  const broken = brokenBehind === undefined ? null : render(brokenBehind);
  return { read: true, first, last, segments: count, endLsn: formatLsn(endLsn), broken };
}
