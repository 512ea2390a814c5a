import { display, type ByteString } from '../bytes/byte-string.ts';
import { render, say, type Message } from '../messages/message.ts';
import { formatLsn } from '../wal/lsn.ts';
import type { ConfigurationPlan, FoundSetting } from './configure.ts';
import type { RestorePlan } from './plan.ts';
import type { RecoveryPreparation } from './request.ts';
import { shellWord } from './running-server.ts';

/** One of the six steps of the manual ("Restoring Data from Backup Files"), with what is done for it. */
export interface PlanStep {
  readonly title: Message;
  readonly lines: readonly Message[];
}

/** What a plan is about. */
export function planHead({ source, directory }: RestorePlan): Message[] {
  const { label, systemIdentifier } = source;
  return [
    say('restore-plan.title', { backup: source.description, format: source.format, path: display(directory) }),
    say('restore-plan.instance', {
      identifier: systemIdentifier ?? '?',
      label: label.label ?? '',
      time: label.startTime ?? '?',
      lsn: formatLsn(label.startLsn),
      timeline: label.startTimeline,
    }),
  ];
}

/** The plan in the manual's six steps. */
export function planSteps(plan: RestorePlan, recovery?: RecoveryPreparation): PlanStep[] {
  const { source, directory } = plan;
  const path = display(directory);
  const stop = `${source.rules.stopCommand} ${shellWord(path)}`;
  return [
    { title: say('restore-plan.1'), lines: [say('restore-plan.stopped', { path, command: stop })] },
    { title: say('restore-plan.2'), lines: keepLines(plan) },
    {
      title: say('restore-plan.3'),
      lines: [plan.mode === 'delta' ? say('restore-plan.delta-delete') : say('restore-plan.emptied')],
    },
    { title: say('restore-plan.4'), lines: fileLines(plan) },
    { title: say('restore-plan.5'), lines: linkLines(plan) },
    {
      title: say('restore-plan.6'),
      lines: [
        ...(recovery?.sentences(plan.configuration.outcome?.hotStandby ?? true) ?? []),
        say('restore-plan.start', { command: startCommand(plan) }),
      ],
    },
  ];
}

export function startCommand({ source, directory }: RestorePlan): string {
  return `${source.rules.startCommand} ${shellWord(display(directory))}`;
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

function fileLines(plan: RestorePlan): Message[] {
  const { source, owner, modeMask, verify, configuration } = plan;
  const mode = `0${modeMask.toString(8)}`;
  const checked = verify
    ? say('restore-plan.verified')
    : source.manifest === undefined
      ? say('restore-plan.no-manifest')
      : say('restore-plan.unverified');
  return [
    say('restore-plan.files', { size: source.totalBytes, checked: render(checked) }),
    owner === undefined ? say('restore-plan.own', { mode }) : say('restore-plan.owner', { ...owner, mode }),
    say('restore-plan.left-out'),
    ...(source.slots ?? []).map((name) => say('restore-plan.slot', { name: display(name) })),
    ...settingLines(configuration),
    ...[...source.rules.controlCopies, ...source.rules.created.map(({ name }) => name)].map((name) =>
      say('restore-plan.create', { name }),
    ),
    say('restore-plan.control-last'),
  ];
}

function settingLines({ set, limits, outcome, archiving, rules, standalone }: ConfigurationPlan): Message[] {
  const changed = outcome?.changed ?? set;
  const isRaised = ({ name }: FoundSetting): boolean =>
    limits.some((limit) => limit.name === name) && set.every((own) => own.name.toLowerCase() !== name);
  return [
    ...changed.map((one) => say(isRaised(one) ? 'restore-plan.raise' : 'restore-plan.set', shown(one))),
    ...(outcome?.disabled ?? []).map((setting) => say('restore-plan.disable', shown(setting))),
    ...archivingLines(archiving, rules.newTimelineAfterRecovery),
    ...(outcome === undefined ? [say('restore-plan.settings-unread')] : findingLines(outcome, standalone)),
  ];
}

function archivingLines(archiving: ConfigurationPlan['archiving'], ownTimeline: boolean): Message[] {
  if (archiving === 'off') return [say('restore-plan.archiving-off')];
  return ownTimeline
    ? [say('restore-plan.archiving-preserve')]
    : [say('restore-plan.archiving-preserve'), say('restore-plan.archiving-danger')];
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
