import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { lackingLimits, raiseLimits, type RequiredLimit } from '../server/recovery-limits.ts';
import type { RestoreRules } from '../server/restore-rules.ts';
import { SettingsFile } from '../server/settings-file.ts';
import type { SourceConfiguration, SourceFacts } from './facts.ts';
import type { RestoreRequest } from './request.ts';

/** How the settings of the restored instance are changed. */
export interface ConfigurationPlan {
  readonly rules: RestoreRules;
  /** Settings to make effective, in order. */
  readonly set: readonly { readonly name: string; readonly value: ByteString }[];
  readonly archiving: 'off' | 'preserve';
  readonly standalone: boolean;
  /** What the recovery needs at least; where the copy has less, it is raised. */
  readonly limits: readonly RequiredLimit[];
  /** The new data directory. */
  readonly directory: ByteString;
  /** What comes out; undefined while the settings are not read. */
  readonly outcome: ConfigurationOutcome | undefined;
}

/** A setting as it was found. */
export interface FoundSetting {
  readonly name: string;
  readonly value: ByteString;
}

/** What configuring did, or will do. */
export interface ConfigurationOutcome {
  /** New content of the files; undefined for one that is not there and not needed. */
  readonly main: ByteString | undefined;
  readonly overriding: ByteString | undefined;
  readonly changed: readonly FoundSetting[];
  /** Turned into comments, or taken out of the file of ALTER SYSTEM. */
  readonly disabled: readonly FoundSetting[];
  /** Archiving was on before and is off now. */
  readonly archivingStopped: boolean;
  /** The copy can be asked while it recovers. */
  readonly hotStandby: boolean;
  /** Settings that connect with other servers and stay. Passwords are masked. */
  readonly replication: readonly FoundSetting[];
  /** Settings and include lines that still name a path outside of the new directory. */
  readonly outside: readonly FoundSetting[];
}

/** @throws BackupError `USAGE` for a setting that cannot be set, a node name that the tablespaces do not have */
export function planConfiguration(
  request: RestoreRequest,
  source: SourceFacts,
  directory: ByteString,
): ConfigurationPlan {
  const { rules, configuration } = source;
  const set = [
    ...(request.port === undefined ? [] : [{ name: 'port', value: fromText(String(request.port)) }]),
    ...(request.listen === undefined ? [] : [{ name: rules.listenSetting, value: fromText(request.listen) }]),
    ...(request.settings ?? []).map(({ name, value }) => ({
      name: checkedName(name),
      value: checkedValue(name, value),
    })),
  ];
  checkNodeName(set, source);
  const limits = requiredLimits(request, source);
  checkLimits(set, limits);
  const plan = {
    rules,
    set,
    archiving: archivingOf(request, rules),
    standalone: request.standalone ?? false,
    limits,
    directory,
    outcome: undefined,
  };
  return configuration === undefined ? plan : { ...plan, outcome: configure(plan, configuration) };
}

/** What the recovery needs, of the WAL and, as far as it is read, of the backup's pg_control. */
function requiredLimits({ recovery }: RestoreRequest, { rules, limits }: SourceFacts): readonly RequiredLimit[] {
  if (recovery?.archiveRecovery !== true) return [];
  if (limits === undefined) return recovery.limits;
  return raiseLimits(recovery.limits, limits, { family: rules.family, raisedAt: undefined });
}

/** A server that cannot be asked while it recovers does not check its limits: then the user's own stay. */
function checkLimits(set: readonly FoundSetting[], limits: readonly RequiredLimit[]): void {
  if (set.some(({ name, value }) => name === 'hot_standby' && isOff(value))) return;
  for (const { name, value } of limits) {
    const own = set.findLast((setting) => setting.name.toLowerCase() === name)?.value;
    if (own === undefined || !/^\d+$/.test(own) || Number(own) >= value) continue;
    throw new BackupError('USAGE', say('restore.limit-too-low', { name, own, needed: value }), {
      hint: say('restore.limit-too-low.hint', { name, needed: value }),
    });
  }
}

/** A copy that stays on its source's timeline would write over the source's archive. */
function archivingOf({ archiveMode, recovery }: RestoreRequest, rules: RestoreRules): 'off' | 'preserve' {
  const ownTimeline = rules.newTimelineAfterRecovery && recovery?.archiveRecovery === true;
  return archiveMode ?? (ownTimeline ? 'preserve' : 'off');
}

/** Applies the plan to the content of the settings files. Pure. */
export function configure(plan: ConfigurationPlan, { main, overriding }: SourceConfiguration): ConfigurationOutcome {
  const { rules, set, standalone } = plan;
  const settings = new SettingsFile(main ?? ('' as ByteString));
  const above = new SettingsFile(overriding ?? ('' as ByteString));
  const disabled: FoundSetting[] = [];
  const changed: FoundSetting[] = [];
  const disable = (matches: (name: string) => boolean): void => {
    const removed = above.lines().filter((line) => line.kind === 'setting' && matches(line.name));
    disabled.push(...settings.disable(matches), ...removed.map(({ name, value }) => ({ name, value })));
    above.remove(matches);
  };
  const apply = (name: string, value: ByteString): void => {
    above.remove((other) => other === name.toLowerCase());
    // Where the main file is kept elsewhere (Debian), the file of ALTER SYSTEM is the one that the server reads here.
    if (main === undefined && rules.overridingFile !== undefined) above.set(name, value);
    else settings.set(name, value);
    changed.push({ name, value });
  };
  // The server would go to the directory that this names, whatever -D says.
  disable((name) => name === 'data_directory');
  disable((name) => rules.recoverySettings.test(name));
  if (standalone) disable((name) => rules.replicationSettings.test(name));
  for (const { name, value } of set) apply(name, value);
  const valueOf = (name: string): ByteString | undefined => above.value(name) ?? settings.value(name);
  const isOwn = (name: string): boolean => set.some((setting) => setting.name.toLowerCase() === name);
  // What a file that is included says is not known.
  const known = (name: string): ByteString | undefined => valueOf(name) ?? (settings.hasIncludes ? none : undefined);
  for (const { name, value } of lackingLimits(plan.limits, rules.family, known)) {
    if (!isOwn(name)) apply(name, String(value) as ByteString);
  }
  let archivingStopped = false;
  if (plan.archiving === 'off') {
    const mode = above.value('archive_mode') ?? settings.value('archive_mode');
    const isSet = rules.archiveSettings.some((name) => settings.value(name) !== undefined);
    disable((name) => rules.archiveSettings.includes(name));
    if (!isOff(mode) || settings.hasIncludes) apply('archive_mode', 'off' as ByteString);
    archivingStopped = !isOff(mode) || isSet;
  }
  return {
    main: main === undefined && settings.text === '' ? undefined : settings.text,
    overriding: overriding === undefined && above.text === '' ? undefined : above.text,
    changed,
    disabled: disabled.map(masked),
    archivingStopped,
    hotStandby: !isOff(valueOf('hot_standby') ?? ('on' as ByteString)),
    replication: effective([settings, above], (name) => rules.replicationSettings.test(name)),
    outside: outsidePaths([settings, above], plan.directory),
  };
}

const none = '' as ByteString;

/** The default of every server is off. */
function isOff(mode: ByteString | undefined): boolean {
  return mode === undefined || /^(?:off|of|false|fals|fal|fa|f|no|n|0)$/i.test(mode);
}

function effective(files: readonly SettingsFile[], matches: (name: string) => boolean): FoundSetting[] {
  const found = new Map<string, ByteString>();
  for (const file of files) {
    for (const line of file.lines())
      if (line.kind === 'setting' && matches(line.name)) found.set(line.name, line.value);
  }
  return [...found].filter(([, value]) => value !== '').map(([name, value]) => masked({ name, value }));
}

/** Every absolute path in a value that does not lie in the new directory, and every way out of it by `..`. */
function outsidePaths(files: readonly SettingsFile[], directory: ByteString): FoundSetting[] {
  const isOutside = (value: ByteString): boolean =>
    [...value.matchAll(/(?:^|[\s,='":@])(\/[^\s,'"]*|\.\.\/[^\s,'"]*)/g)].some(([, path = '']) => {
      return path !== '/' && path !== directory && !path.startsWith(`${directory}/`);
    });
  const found = effective(files, () => true).filter(({ value }) => isOutside(value));
  const includes = files.flatMap((file) => file.lines().filter(({ kind }) => kind === 'include'));
  return [...found, ...includes.filter(({ value }) => isOutside(value)).map(({ name, value }) => ({ name, value }))];
}

/** Connection strings may hold a password. */
function masked({ name, value }: FoundSetting): FoundSetting {
  const text = value
    .replace(/(password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s']+)/gi, '$1***')
    .replace(/(:\/\/[^:@/\s]*:)[^@/\s]+@/g, '$1***@');
  return { name, value: text as ByteString };
}

function checkedName(name: string): string {
  if (/^[A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)?$/.test(name) && !/^include(?:_|$)/i.test(name)) return name;
  throw new BackupError('USAGE', say('restore.bad-setting-name', { name }));
}

function checkedValue(name: string, value: string): ByteString {
  if (!/[\0\n\r]/.test(value)) return fromText(value);
  throw new BackupError('USAGE', say('restore.bad-setting-value', { name }));
}

/** The name of the node is part of the name of the version directory in each tablespace. */
function checkNodeName(set: readonly FoundSetting[], { rules, tablespaces, versionDirectories }: SourceFacts): void {
  const wanted = set.findLast(({ name }) => name.toLowerCase() === rules.nodeNameSetting)?.value;
  if (wanted === undefined || tablespaces.length === 0) return;
  for (const directory of versionDirectories ?? []) {
    const actual = rules.versionDirectory.exec(directory)?.[1];
    if (actual === undefined || actual === wanted) continue;
    const values = { wanted: display(wanted), actual };
    throw new BackupError('USAGE', say('restore.node-name', values), { hint: say('restore.node-name.hint') });
  }
}
