import { posix } from 'node:path';
import { ConfigurationNotes } from '../backup-source/outside-configuration.ts';
import { placeConfiguration } from '../backup-source/placed-configuration.ts';
import { display } from '../bytes/byte-string.ts';
import { say, type Message } from '../messages/message.ts';
import type { ConfigurationFiles } from '../replication/configuration-files.ts';
import type { Capabilities } from '../server/capabilities.ts';
import { isTaken, type ConfigurationEntry } from './configuration.ts';
import { ReceivedFiles } from './received-files.ts';
import type { BackupOrder } from './request.ts';

/** The files of a configuration with the settings that tell where they are. */
const files = [
  { setting: 'config_file', key: 'configFile', name: 'postgresql.conf' },
  { setting: 'hba_file', key: 'hbaFile', name: 'pg_hba.conf' },
  { setting: 'ident_file', key: 'identFile', name: 'pg_ident.conf' },
] as const;

/** Where `path` would be in the data directory of a backup; undefined for a place outside of it. */
function nameInBackup(found: ConfigurationFiles, path: string): string | undefined {
  if (found.dataDirectory === undefined) return undefined;
  const name = posix.relative(found.dataDirectory, path);
  return name === '..' || name.startsWith('../') || name === '' ? undefined : name;
}

/** What is to be remembered of the files that the server sends. */
export function receivedFiles(
  { manifest }: BackupOrder,
  { baseBackup }: Capabilities,
  found: ConfigurationFiles,
): ReceivedFiles {
  const names = files.flatMap(({ key, name }) => {
    const path = found[key];
    return [name, ...(path === undefined ? [] : [nameInBackup(found, path) ?? name])];
  });
  return new ReceivedFiles({ names, keepAll: manifest !== undefined && baseBackup.manifest });
}

interface Facts {
  readonly found: ConfigurationFiles;
  readonly received: ReceivedFiles;
  readonly entries: readonly ConfigurationEntry[];
  readonly directory: string | undefined;
}

/**
 * Says which files of the configuration did not come, by what was received and not by what the server says alone: a link in
 * the data directory is not sent either. Where the role may not see the places, only their names are known.
 */
export function configurationElsewhere({ found, received, entries, directory }: Facts): Message | undefined {
  const missing: string[] = [];
  let isTold = true;
  for (const { setting, key, name } of files) {
    const path = found[key];
    const inside = path === undefined ? name : nameInBackup(found, path);
    if (inside !== undefined && received.has(inside)) continue;
    if (isTaken(entries, directory ?? '/', path ?? name)) continue;
    isTold &&= path !== undefined;
    missing.push(path === undefined ? name : `${setting} ${path}`);
  }
  if (missing.length === 0) return undefined;
  const values = { files: missing.join(', ') };
  return isTold ? say('backup.config-outside', values) : say('backup.config-unknown', values);
}

/**
 * Says what the configuration that is taken along includes from outside of its directory: by the judgement of a restore, which
 * leaves such lines out.
 */
export function includedElsewhere(
  entries: readonly ConfigurationEntry[],
  directory: string | undefined,
): Message | undefined {
  const notes = new ConfigurationNotes();
  for (const { name, content } of entries) if (content !== undefined) notes.add(name, Buffer.from(content));
  const configuration = notes.configuration();
  const lost = configuration === undefined ? [] : placeConfiguration(configuration).lost;
  if (lost.length === 0) return undefined;
  const lines = lost.map(({ name, value }) => `${name} ${display(value)}`);
  return say('backup.config-included', { list: lines.join(', '), directory: directory ?? '' });
}
