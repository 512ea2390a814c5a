import { display, type ByteString } from '../bytes/byte-string.ts';
import { say, shellWord, type Message } from '../messages/message.ts';
import { formatLsn } from '../wal/lsn.ts';
import { asAccount } from './account.ts';
import { placed } from './placed-program.ts';
import type { ConfigurationOutcome, ConfigurationPlan, FoundSetting } from './configure.ts';
import type { RestorePlan } from './plan.ts';
import type { RecoveryPreparation } from '../pitr/recovery-preparation.ts';

/** One of the six steps of the manual ("Restoring Data from Backup Files"), with what is done for it. */
export interface PlanStep {
  readonly title: Message;
  readonly lines: readonly Message[];
}

/** What a plan is about. */
export function planHead({ source, directory }: RestorePlan): Message[] {
  const { label, systemIdentifier } = source;
  return [
    say('restore-plan.title', {
      backup: source.description,
      format: source.format === 'repository' ? say('restore-plan.format-repository') : source.format,
      path: display(directory),
    }),
    say('restore-plan.instance', {
      identifier: systemIdentifier ?? '?',
      label: label.label ?? '',
      time: label.startTime ?? '?',
      lsn: formatLsn(label.startLsn),
      timeline: label.startTimeline,
    }),
    ...earlierLines(source),
  ];
}

/** The backups that are restored before it. */
function earlierLines({ earlier = [] }: RestorePlan['source']): Message[] {
  return earlier.map(({ description: backup, label, manifest }, index) => {
    const values = { backup, lsn: formatLsn(label.startLsn), timeline: label.startTimeline };
    if (manifest === undefined) return say('restore-plan.earlier-unlisted', values);
    return index === 0 ? say('restore-plan.earlier-full', values) : say('restore-plan.earlier', values);
  });
}

/** That no file is compared with anything, and why. */
export function uncheckedLine({ source }: RestorePlan): Message {
  const all = [...(source.earlier ?? []), source];
  if (all.some(({ manifest }) => manifest !== undefined)) return say('restore-plan.unverified');
  return all.length > 1 ? say('restore-plan.no-manifests') : say('restore-plan.no-manifest');
}

/** The plan in the manual's six steps. @param programs see `nextCommand` */
export function planSteps(plan: RestorePlan, recovery?: RecoveryPreparation, programs?: string): PlanStep[] {
  const { source, directory } = plan;
  const path = display(directory);
  const stop = asAccount(`${placed(source.rules.stopCommand, programs)} ${shellWord(path)}`, plan.owner?.uid);
  return [
    { title: say('restore-plan.1'), lines: [say('restore-plan.stopped', { path, command: stop })] },
    { title: say('restore-plan.2'), lines: keepLines(plan) },
    {
      title: say('restore-plan.3'),
      lines: [plan.mode === 'delta' ? say('restore-plan.delta-delete') : say('restore-plan.emptied')],
    },
    { title: say('restore-plan.4'), lines: fileLines(plan, recovery !== undefined) },
    { title: say('restore-plan.5'), lines: linkLines(plan) },
    {
      title: say('restore-plan.6'),
      lines: [
        ...(recovery?.sentences(plan.configuration.outcome?.hotStandby ?? true) ?? []),
        ...ownWalLines(plan),
        plan.manifestChecksums === undefined
          ? say('restore-plan.start', { command: nextCommand(plan, recovery, programs) })
          : backupLine(plan),
      ],
    },
  ];
}

/** What comes next of a copy that is a backup. */
export function backupLine({ directory }: RestorePlan): Message {
  return say('restore-plan.next-backup', { command: `gausskeep verify ${shellWord(display(directory))}` });
}

/** What the copy starts with that is given no other WAL. */
export function ownWalLines({ ownWal, source }: RestorePlan): Message[] {
  switch (ownWal?.kind) {
    case undefined:
      return [];
    case 'absent':
      return [say('restore.no-wal', { segment: source.label.startSegment })];
    case 'unread':
      return [say('restore-plan.own-wal-unread')];
    case 'proved': {
      const { first, last, count, endLsn } = ownWal;
      const { remembered: known } = ownWal;
      return [
        say('restore-plan.own-wal', { first, last, count, lsn: formatLsn(endLsn) }),
        ...(known === 0 ? [] : [say('restore-recovery.remembered', { known, count })]),
        ...(ownWal.brokenBehind === undefined ? [] : [brokenBehind(ownWal.brokenBehind)]),
      ];
    }
  }
}

/** The copy becomes consistent, but does not come to the end of the WAL that the backup holds. */
export function brokenBehind(reason: Message): Message {
  return say('restore-plan.own-wal-broken', { reason });
}

/**
 * What comes next: `gausskeep recover`, which becomes the owner by itself, or the start of the server.
 * @param programs directory of the server's programs; undefined: their names are enough
 */
export function nextCommand(
  { source, directory, owner }: RestorePlan,
  recovery: RecoveryPreparation | undefined,
  programs?: string,
): string {
  const path = shellWord(display(directory));
  if (recovery !== undefined) return `gausskeep recover --pgdata ${path}`;
  return asAccount(`${placed(source.rules.startCommand, programs)} ${path}`, owner?.uid);
}

function keepLines({ mode, movedAside }: RestorePlan): Message[] {
  if (mode === 'delta') return [say('restore-plan.not-kept')];
  if (movedAside.length === 0) return [say('restore-plan.nothing-there')];
  return movedAside.map(({ how, from, to }) =>
    how === 'rename'
      ? say('restore-plan.move', { from: display(from), to: display(to) })
      : say('restore-plan.move-entries', { from: display(from), to: display(to) }),
  );
}

function fileLines(plan: RestorePlan, isRecovered: boolean): Message[] {
  const { source, owner, modeMask, verify, configuration } = plan;
  const mode = `0${modeMask.toString(8)}`;
  const isPartly = verify && plan.unchecked.length > 0;
  const checked = verify
    ? say(isPartly ? 'restore-plan.partly-verified' : 'restore-plan.verified')
    : uncheckedLine(plan);
  return [
    say('restore-plan.files', { size: source.totalBytes, checked }),
    ...(isPartly ? plan.unchecked.map((backup) => say('restore-plan.unlisted', { backup })) : []),
    owner === undefined ? say('restore-plan.own', { mode }) : say('restore-plan.owner', { ...owner, mode }),
    say('restore-plan.left-out'),
    ...(source.slots ?? []).map((name) => say('restore-plan.slot', { name: display(name) })),
    ...settingLines(configuration, isRecovered),
    ...[...source.rules.controlCopies, ...source.rules.created.map(({ name }) => name)].map((name) =>
      say('restore-plan.create', { name }),
    ),
    ...(plan.manifestChecksums === undefined
      ? []
      : [say('restore-plan.new-manifest', { algorithm: plan.manifestChecksums })]),
    say('restore-plan.control-last'),
  ];
}

function settingLines(configuration: ConfigurationPlan, isRecovered: boolean): Message[] {
  const { set, limits, outcome, standalone } = configuration;
  const changed = outcome?.changed ?? set;
  const isRaised = ({ name }: FoundSetting): boolean =>
    limits.some((limit) => limit.name === name) && set.every((own) => own.name.toLowerCase() !== name);
  return [
    ...(outcome === undefined ? [] : configurationLines(outcome)),
    ...changed.map((one) => say(isRaised(one) ? 'restore-plan.raise' : 'restore-plan.set', shown(one))),
    ...(outcome?.disabled ?? []).map((setting) => say('restore-plan.disable', shown(setting))),
    ...archivingLines(configuration, isRecovered),
    ...(outcome === undefined ? [say('restore-plan.settings-unread')] : findingLines(outcome, standalone)),
  ];
}

/** Where the configuration of the copy is from, where it is not just that of the backup. */
export function configurationLines({ takenFrom, leftOut, made, moved }: ConfigurationOutcome): Message[] {
  return [
    ...(takenFrom === undefined ? [] : [say('restore-plan.taken', { path: takenFrom })]),
    ...leftOut.map((name) => say('restore-plan.taken-left-out', { name: display(name) })),
    ...(made.length === 0 ? [] : [say('restore-plan.made', { files: made.join(', ') })]),
    ...moved.map(({ from, to }) => say('restore-plan.socket-moved', { from, to })),
  ];
}

function archivingLines({ archiving, outcome, rules }: ConfigurationPlan, isRecovered: boolean): Message[] {
  if (archiving === 'off') {
    return [say(outcome?.archivingIsOff === false ? 'restore-plan.archiving-unset' : 'restore-plan.archiving-off')];
  }
  if (outcome?.made.includes('postgresql.conf') === true) return [say('restore-plan.archiving-unknown')];
  // A copy that starts with the WAL of its backup only stays on the timeline of its source.
  return rules.newTimelineAfterRecovery && isRecovered
    ? [say('restore-plan.archiving-preserve')]
    : [say('restore-plan.archiving-preserve'), say('restore-plan.archiving-danger')];
}

/**
 * How archiving is turned on when the copy takes over; nothing where it stays, or never was.
 * @param isRecovered by archive recovery, which gives PostgreSQL a timeline of its own
 */
export function archiveAgainLines(
  { outcome, rules }: ConfigurationPlan & { outcome: ConfigurationOutcome },
  isRecovered: boolean,
): Message[] {
  const { archivingIsOff, archivingStopped, archiveCommand, made } = outcome;
  if (!archivingIsOff) return [];
  if (rules.overridingFile === undefined) return archivingStopped ? [say('restore-plan.archive-again')] : [];
  if (!archivingStopped && !made.includes('postgresql.conf')) return [];
  const command = archiveCommand === undefined || archiveCommand === '' ? undefined : display(archiveCommand);
  if (!isRecovered) {
    return [
      command === undefined
        ? say('restore-plan.archive-again-shared')
        : say('restore-plan.archive-again-shared-by', { command }),
    ];
  }
  return [
    command === undefined ? say('restore-plan.archive-again-unset') : say('restore-plan.archive-again-by', { command }),
  ];
}

/** What a look at the settings of the copy found: connections to other servers, paths outside of the directory. */
export function findingLines(
  {
    replication,
    outside,
  }: { readonly replication: readonly FoundSetting[]; readonly outside: readonly FoundSetting[] },
  standalone: boolean,
): Message[] {
  return [
    ...replication.map((setting) => say('restore-plan.replication', shown(setting))),
    ...(replication.length > 0 && !standalone ? [say('restore-plan.standalone')] : []),
    ...outside.map((setting) => say('restore-plan.outside', shown(setting))),
  ];
}

function linkLines({ tablespaces }: RestorePlan): Message[] {
  if (tablespaces.length === 0) return [say('restore-plan.no-links')];
  return tablespaces.map(({ oid, location, directory, link }) => {
    if (link === undefined) return say('restore-plan.in-place', { oid });
    return say('restore-plan.link', { oid, from: display(location ?? ('?' as ByteString)), to: display(directory) });
  });
}

function shown({ name, value }: FoundSetting): { name: string; value: string } {
  return { name, value: display(value) };
}
