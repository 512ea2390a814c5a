import { posix } from 'node:path';
import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { raiseLimits, type RequiredLimit } from '../server/recovery-limits.ts';
import type { PlaceSetting } from '../server/place-settings.ts';
import type { RestoreRules } from '../server/restore-rules.ts';
import type { SettingsFile } from '../server/settings-file.ts';
import { checkLimits, raiseInCopy, requiredLimits } from './copy-limits.ts';
import type { FoundSetting } from '../server/settings-file.ts';
import { CopySettings, isOff } from './copy-settings.ts';
import type { SourceConfiguration, SourceFacts } from '../backup-source/source-facts.ts';
import type { HostPlaces } from './host-places.ts';
import { minimalHba, minimalIdent, minimalSettings } from './minimal-files.ts';
import type { RestoreRequest } from './request.ts';
import { placeConfiguration, type PlacedConfiguration } from '../backup-source/placed-configuration.ts';

export type { FoundSetting } from '../server/settings-file.ts';

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
  /** What can be told of this host; undefined: nothing, and what is named is taken to be there. */
  readonly host: HostPlaces | undefined;
  /** Name of the account that the server will run as. */
  readonly account: string | undefined;
  /** What comes out; undefined while the settings are not read. */
  readonly outcome: ConfigurationOutcome | undefined;
}

/** What configuring did, or will do. */
export interface ConfigurationOutcome {
  /** New content of the files; undefined for one that is not there and not needed. */
  readonly main: ByteString | undefined;
  readonly overriding: ByteString | undefined;
  /** Further files of the configuration that are written, by their path below the data directory. */
  readonly files: ReadonlyMap<ByteString, ByteString>;
  /** Directories that are included. */
  readonly directories: readonly ByteString[];
  /** Files that were made because the backup has none. */
  readonly made: readonly string[];
  /** Where the configuration that the backup took along was; undefined: it took none along. */
  readonly takenFrom: string | undefined;
  /** Files of it that have no place in the copy. */
  readonly leftOut: readonly ByteString[];
  /** Places that were set because the account of the copy may not write where the server goes by itself. */
  readonly moved: readonly { readonly name: string; readonly from: string; readonly to: string }[];
  readonly changed: readonly FoundSetting[];
  /** Turned into comments, or taken out of the file of ALTER SYSTEM. */
  readonly disabled: readonly FoundSetting[];
  /** Archiving is off, because a file that the server reads says so; false: there was none to say it in, or it stays. */
  readonly archivingIsOff: boolean;
  /** Archiving was on before and is off now. */
  readonly archivingStopped: boolean;
  /** What the source archives with, and the copy would. */
  readonly archiveCommand: ByteString | undefined;
  /** The copy can be asked while it recovers. */
  readonly hotStandby: boolean;
  /** The server takes tablespaces in place. */
  readonly takesInPlace: boolean;
  /** Settings that connect with other servers and stay. Passwords are masked. */
  readonly replication: readonly FoundSetting[];
  /** Settings and include lines that still name a path outside of the new directory. */
  readonly outside: readonly FoundSetting[];
}

/** @throws BackupError `USAGE` for a setting that cannot be set, a node name that the tablespaces do not have */
export function planConfiguration(
  request: RestoreRequest,
  source: SourceFacts,
  copy: Pick<ConfigurationPlan, 'directory' | 'host' | 'account'>,
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
    archiving: archivingOf(request, set),
    standalone: request.standalone ?? false,
    limits,
    ...copy,
    outcome: undefined,
  };
  return configuration === undefined ? plan : { ...plan, outcome: configure(plan, configuration) };
}

/** Off unless it was asked for: a rehearsal must never write into the archive of its source. */
function archivingOf({ archiveMode }: RestoreRequest, set: readonly FoundSetting[]): 'off' | 'preserve' {
  const asked = set.findLast(({ name }) => name.toLowerCase() === 'archive_mode');
  return archiveMode ?? (asked === undefined || isOff(asked.value) ? 'off' : 'preserve');
}

/** Applies the plan to the content of the settings files. Pure but for what `host` looks at. */
export function configure(plan: ConfigurationPlan, source: SourceConfiguration): ConfigurationOutcome {
  const { rules, set, standalone } = plan;
  const taken = source.outside === undefined ? undefined : placeConfiguration(source.outside);
  const ownMain = taken?.main ?? source.main;
  const isMade = ownMain === undefined && rules.configurationElsewhere;
  const copy = new CopySettings(
    {
      main: isMade ? minimalSettings(limitsAtBackup(source, rules)) : ownMain,
      overriding: source.overriding,
      included: taken?.included,
    },
    // Where the main file is kept elsewhere, the file of ALTER SYSTEM is the one that the server reads in any case.
    { setsAbove: ownMain === undefined && rules.overridingFile !== undefined },
  );
  copy.disabled.push(...(taken?.lost ?? []));
  // The server would go to the directory that this names, whatever -D says.
  copy.disable((name) => name === 'data_directory');
  copy.disable((name) => rules.recoverySettings.test(name));
  if (standalone) copy.disable((name) => rules.replicationSettings.test(name));
  if (taken !== undefined) copy.disable((name) => name === 'port');
  for (const setting of rules.placeSettings) leavePlace(copy, setting, plan, taken !== undefined);
  if (plan.host !== undefined && rules.configurationElsewhere) leaveIncludes(copy, plan.host, plan.directory);
  for (const { name, value } of set) copy.set(name, value);
  const moved = rules.placeSettings.flatMap((setting) => leaveBuiltIn(copy, setting, plan, isMade));
  raiseInCopy(copy, { set, limits: plan.limits, family: rules.family });
  const archiving = archive(copy, plan, ownMain !== undefined || isMade);
  const access = rules.configurationElsewhere ? accessFiles(copy, source, plan, taken) : undefined;
  const files = new Map([
    ...(taken?.others ?? []),
    ...[...copy.included].map(([path, file]) => [path, file.text] as const),
    ...(access?.files ?? []),
  ]);
  return {
    main: ownMain === undefined && copy.main.text === '' ? undefined : copy.main.text,
    overriding: source.overriding === undefined && copy.above.text === '' ? undefined : copy.above.text,
    files,
    directories: taken?.directories ?? [],
    made: [...(isMade ? ['postgresql.conf'] : []), ...(access?.made ?? [])],
    takenFrom: source.outside?.origin.configDirectory,
    leftOut: taken?.leftOut ?? [],
    moved,
    changed: copy.changed,
    disabled: copy.disabled.map(masked),
    ...archiving,
    hotStandby: !isOff(copy.value('hot_standby') ?? ('on' as ByteString)),
    takesInPlace:
      rules.inPlaceSetting === undefined || !isOff(copy.value(rules.inPlaceSetting) ?? ('off' as ByteString)),
    replication: effective(copy.files, (name) => rules.replicationSettings.test(name)),
    outside: outsidePaths(copy.files, plan.directory),
  };
}

/**
 * Turns archiving off. On PostgreSQL the file of ALTER SYSTEM says so, always: it is read whichever main file the server is
 * told of, and wins over it and all that it includes.
 */
function archive(
  copy: CopySettings,
  { archiving, rules }: ConfigurationPlan,
  hasMain: boolean,
): Pick<ConfigurationOutcome, 'archivingIsOff' | 'archivingStopped' | 'archiveCommand'> {
  const mode = copy.value('archive_mode');
  const command = copy.value('archive_command');
  const archiveCommand = command && masked({ name: '', value: command }).value;
  if (archiving === 'preserve') return { archivingIsOff: false, archivingStopped: false, archiveCommand };
  const isSet = rules.archiveSettings.some((name) => copy.value(name) !== undefined);
  copy.disable((name) => rules.archiveSettings.includes(name));
  const off = 'off' as ByteString;
  const isOffInMain = isOff(copy.main.value('archive_mode')) && !copy.main.hasIncludes;
  if (rules.overridingFile !== undefined) {
    if (!isOffInMain) copy.main.set('archive_mode', off);
    copy.setAbove('archive_mode', off);
  } else if (hasMain && !isOffInMain) copy.set('archive_mode', off);
  const archivingIsOff = rules.overridingFile !== undefined || hasMain;
  return { archivingIsOff, archivingStopped: archivingIsOff && (!isOff(mode) || isSet), archiveCommand };
}

/** Takes out a place of the source's host that the copy must not share, or does not have. */
function leavePlace(copy: CopySettings, setting: PlaceSetting, plan: ConfigurationPlan, isTaken: boolean): void {
  const { name, use, without } = setting;
  const value = copy.value(name);
  if (value === undefined || value === '') return;
  const kept = use === 'own' || (use === 'access' && isTaken) ? [] : placesThere(value, use, plan);
  const all = use === 'directory' ? partsOf(value) : [value];
  if (kept.length === all.length) return;
  copy.disable((other) => other === name);
  if (kept.length > 0) copy.set(name, kept.join(', ') as ByteString);
  if (without !== undefined && kept.length === 0 && !isOff(copy.value(without.name))) {
    copy.set(without.name, without.value as ByteString);
  }
}

/** Sets a place that nothing names any more where what the server was built with will not do for its account. */
function leaveBuiltIn(
  copy: CopySettings,
  { name, builtIn }: PlaceSetting,
  { host }: ConfigurationPlan,
  isMade: boolean,
): ConfigurationOutcome['moved'] {
  if (builtIn === undefined || host === undefined || copy.value(name) !== undefined) return [];
  // Where the source had none, its own server did with what it was built with.
  if (!isMade && copy.disabled.every((one) => one.name !== name)) return [];
  const { place, instead } = builtIn;
  if (host.isWritableDirectory(place as ByteString)) return [];
  copy.setInMain(name, instead as ByteString);
  return [{ name, from: place, to: instead }];
}

/** The places of a setting that this host has. Relative ones lie in the data directory. */
function placesThere(value: ByteString, use: PlaceSetting['use'], { host }: ConfigurationPlan): string[] {
  const parts = use === 'directory' ? partsOf(value) : [value];
  return parts.filter((part) => {
    if (host === undefined || !part.startsWith('/')) return true;
    return use === 'directory' ? host.isWritableDirectory(part as ByteString) : host.isReadable(part as ByteString);
  });
}

function partsOf(value: ByteString): string[] {
  return value.split(',').map((part) => part.trim().replace(/^"(.*)"$/, '$1'));
}

/** Turns include lines into comments that lead out of the new directory, to something that this host does not have. */
function leaveIncludes(copy: CopySettings, host: HostPlaces, directory: ByteString): void {
  for (const line of copy.main.lines()) {
    if (line.kind !== 'include' || line.name === 'include_if_exists') continue;
    const place = posix.resolve(directory, line.value) as ByteString;
    if (`${place}/`.startsWith(`${directory}/`) || host.isReadable(place)) continue;
    copy.main.comment(line);
    copy.disabled.push({ name: line.name, value: line.value });
  }
}

/** Who may connect: what was taken along, what the backup has, or those on this host. */
function accessFiles(
  copy: CopySettings,
  source: SourceConfiguration,
  { account }: ConfigurationPlan,
  taken: PlacedConfiguration | undefined,
): { readonly files: readonly (readonly [ByteString, ByteString])[]; readonly made: readonly string[] } {
  const files: (readonly [ByteString, ByteString])[] = [];
  const made: string[] = [];
  const add = (name: string, content: ByteString, isOurs: boolean): void => {
    files.push([name as ByteString, content]);
    if (isOurs) made.push(name);
  };
  const needsHba = taken?.hba === undefined && !source.hasHba && copy.value('hba_file') === undefined;
  const hasIdent = taken?.ident !== undefined || source.hasIdent || copy.value('ident_file') !== undefined;
  if (taken?.hba !== undefined) add('pg_hba.conf', taken.hba, false);
  if (taken?.ident !== undefined) add('pg_ident.conf', taken.ident, false);
  if (needsHba) add('pg_hba.conf', minimalHba(hasIdent), true);
  if (needsHba && !hasIdent) add('pg_ident.conf', minimalIdent(account), true);
  return { files, made };
}

function limitsAtBackup({ limits }: SourceConfiguration, { family }: RestoreRules): readonly RequiredLimit[] {
  return limits === undefined ? [] : raiseLimits([], limits, { family, raisedAt: undefined });
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
