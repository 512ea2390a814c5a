import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { BackupError, reasonFor, systemCodeOf } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { isS3Place } from '../storage/s3/location.ts';
import type { Environment } from './environment.ts';

/** What the configuration file says; `path` is undefined where there is none. Specified in docs/reference/configuration.md. */
export interface Configuration {
  readonly path: string | undefined;
  readonly archive?: string | undefined;
  readonly backups?: readonly string[] | undefined;
  readonly generation?: number | undefined;
  readonly repo?: string | undefined;
  readonly instance?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly passwordCommand?: string | undefined;
  /** Of object stores, by the names of the options. */
  readonly s3?: S3Configuration | undefined;
}

/** What is said of object stores, by the names of the options. */
export type S3Configuration = Readonly<Record<string, unknown>>;

/** Largest file that is read, in bytes. */
const largestBytes = 64 * 1024;
/** What there is to set, and what it may be. */
const settingChecks = {
  archive: isPlace,
  backups: (value: unknown) => isPath(value) || (Array.isArray(value) && value.every(isPath)),
  generation: isGeneration,
  repo: isPlace,
  instance: isText,
  'password-file': isPath,
  'password-command': isText,
  's3-endpoint': isText,
  's3-region': isText,
  's3-style': (value: unknown) => value === 'path' || value === 'virtual',
  's3-ca-file': isPath,
  's3-credentials-file': isPath,
  's3-profile': isText,
  's3-allow-http': (value: unknown) => typeof value === 'boolean',
} as const;
const keys = Object.keys(settingChecks) as (keyof typeof settingChecks)[];

interface Settings {
  readonly archive?: string;
  readonly backups?: string | readonly string[];
  readonly generation?: number;
  readonly repo?: string;
  readonly instance?: string;
  readonly 'password-file'?: string;
  readonly 'password-command'?: string;
}

/**
 * The one configuration file: that of `GAUSSKEEP_CONFIG`, which must be there, else the first that exists of
 * `$XDG_CONFIG_HOME/gausskeep/gausskeep.toml` (default `~/.config`) and `/etc/gausskeep/gausskeep.toml`.
 * One that cannot be read counts as absent in a home that is another account's, as that of root is for a server that was started with its environment.
 * @throws BackupError `CONFIG_INVALID` when it cannot be read or holds anything but the settings above
 */
export async function readConfiguration(environment: Environment): Promise<Configuration> {
  const named = environment['GAUSSKEEP_CONFIG'];
  const candidates = named === undefined || named === '' ? defaultPaths(environment) : [named];
  for (const path of candidates) {
    const text = await readText(path, path === named);
    if (text !== undefined) return parseConfiguration(text, path);
  }
  return { path: undefined };
}

function defaultPaths(environment: Environment): string[] {
  const { HOME: home, XDG_CONFIG_HOME: configHome } = environment;
  const base = configHome !== undefined && isAbsolute(configHome) ? configHome : home && join(home, '.config');
  const name = 'gausskeep/gausskeep.toml';
  return [...(base === undefined || base === '' ? [] : [join(base, name)]), join('/etc', name)];
}

async function readText(path: string, mustExist: boolean): Promise<string | undefined> {
  let bytes: Buffer | undefined;
  try {
    // Opening a pipe would wait for its other end; a device may never end. The empty one is for whoever wants no file.
    const isFile = path === '/dev/null' || (await stat(path)).isFile();
    bytes = isFile ? await readFile(path) : undefined;
  } catch (error) {
    const code = systemCodeOf(error);
    if (!mustExist && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined;
    if (!mustExist && code === 'EACCES' && !path.startsWith('/etc/') && (await isOfOthers(path))) return undefined;
    throw invalid(say('configuration.unreadable', { path, reason: reasonFor(error) }), 'configuration.unreadable.hint');
  }
  if (bytes === undefined) throw invalid(say('configuration.not-plain', { path }), 'configuration.unreadable.hint');
  if (bytes.length <= largestBytes) return bytes.toString('utf8');
  throw invalid(say('configuration.too-large', { path, limit: largestBytes }), 'configuration.syntax.hint');
}

/** Whether the nearest directory above a file that can be looked at is another account's. */
async function isOfOthers(path: string): Promise<boolean> {
  for (let above = dirname(path); ; above = dirname(above)) {
    const status = await stat(above).catch(() => undefined);
    if (status !== undefined) return status.uid !== process.geteuid?.();
    if (above === '/') return false;
  }
}

/** @throws BackupError `CONFIG_INVALID` naming `path` and the line or the setting */
export async function parseConfiguration(text: string, path: string): Promise<Configuration> {
  // Loaded when there is a file: commands that servers run name their places themselves.
  const { parse, TomlError } = await import('smol-toml');
  let settings: Record<string, unknown>;
  try {
    settings = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
    throw invalid(say('configuration.syntax', { path, line: error.line, reason }), 'configuration.syntax.hint');
  }
  const { archive, backups, generation, repo, instance, ...others } = checkSettings(settings, path);
  const { 'password-file': passwordFile, 'password-command': passwordCommand, ...s3 } = others;
  const places = typeof backups === 'string' ? [backups] : backups;
  return { path, archive, backups: places, generation, repo, instance, passwordFile, passwordCommand, s3 };
}

function checkSettings(settings: Readonly<Record<string, unknown>>, path: string): Settings {
  for (const [key, value] of Object.entries(settings)) {
    const known = keys.find((setting) => setting === key);
    if (known === undefined) {
      throw new BackupError('CONFIG_INVALID', say('configuration.unknown-key', { path, key }), {
        hint: say('configuration.unknown-key.hint', { keys: keys.join(', ') }),
      });
    }
    if (!settingChecks[known](value)) throw new BackupError('CONFIG_INVALID', badSetting(known, path));
  }
  if ('password-file' in settings && 'password-command' in settings) {
    throw new BackupError('CONFIG_INVALID', say('configuration.two-passwords', { path }));
  }
  return settings;
}

function isPath(value: unknown): value is string {
  return typeof value === 'string' && isAbsolute(value) && !value.includes('\0');
}

function badSetting(key: (typeof keys)[number], path: string): Message {
  return isS3Key(key) ? say('configuration.bad-s3', { path, key }) : say(`configuration.bad-${key}`, { path });
}

function isS3Key(key: (typeof keys)[number]): key is Extract<(typeof keys)[number], `s3-${string}`> {
  return key.startsWith('s3-');
}

/** A directory, or a place in an object store. */
function isPlace(value: unknown): boolean {
  return isPath(value) || (isText(value) && isS3Place(value));
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && !value.includes('\0');
}

function isGeneration(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 999_999_999;
}

function invalid(
  sentence: ReturnType<typeof say>,
  hint: 'configuration.unreadable.hint' | 'configuration.syntax.hint',
): BackupError {
  return new BackupError('CONFIG_INVALID', sentence, { hint: say(hint) });
}
