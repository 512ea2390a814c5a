import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { BackupError, reasonFor, systemCodeOf } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Environment } from './environment.ts';

/** What the configuration file says; `path` is undefined where there is none. Specified in docs/reference/configuration.md. */
export interface Configuration {
  readonly path: string | undefined;
  readonly archive?: string | undefined;
  readonly backups?: readonly string[] | undefined;
  readonly generation?: number | undefined;
}

/** Largest file that is read, in bytes. */
const largestBytes = 64 * 1024;
const keys = ['archive', 'backups', 'generation'] as const;

/**
 * The one configuration file: that of `GAUSSKEEP_CONFIG`, which must be there, else the first that exists of
 * `$XDG_CONFIG_HOME/gausskeep/gausskeep.toml` (default `~/.config`) and `/etc/gausskeep/gausskeep.toml`.
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
    throw invalid(say('configuration.unreadable', { path, reason: reasonFor(error) }), 'configuration.unreadable.hint');
  }
  if (bytes === undefined) throw invalid(say('configuration.not-plain', { path }), 'configuration.unreadable.hint');
  if (bytes.length <= largestBytes) return bytes.toString('utf8');
  throw invalid(say('configuration.too-large', { path, limit: largestBytes }), 'configuration.syntax.hint');
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
  for (const key of Object.keys(settings)) {
    if ((keys as readonly string[]).includes(key)) continue;
    throw new BackupError('CONFIG_INVALID', say('configuration.unknown-key', { path, key }), {
      hint: say('configuration.unknown-key.hint', { keys: keys.join(', ') }),
    });
  }
  const { archive, backups, generation } = settings;
  const refuse = (setting: 'archive' | 'backups' | 'generation'): BackupError =>
    new BackupError('CONFIG_INVALID', say(`configuration.bad-${setting}`, { path }));
  if (archive !== undefined && !isDirectory(archive)) throw refuse('archive');
  const places = typeof backups === 'string' ? [backups] : backups;
  if (places !== undefined && !(Array.isArray(places) && places.every(isDirectory))) {
    throw refuse('backups');
  }
  if (generation !== undefined && !isGeneration(generation)) {
    throw refuse('generation');
  }
  return { path, archive, backups: places, generation };
}

function isDirectory(value: unknown): value is string {
  return typeof value === 'string' && isAbsolute(value) && !value.includes('\0');
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
