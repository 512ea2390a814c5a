import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { posix } from 'node:path';
import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { readDirectory } from '../files/read-directory.ts';
import { configDirectoryName, configOriginName, encodeConfigOrigin } from '../manifest/config-origin.ts';
import { createChecksum, type ChecksumAlgorithm } from '../manifest/checksum.ts';
import type { WrittenFile } from '../manifest/writer.ts';
import { say } from '../messages/message.ts';
import type { ConfigurationFiles } from '../replication/configuration-files.ts';

/** A file or directory to be put into a backup. */
export interface ConfigurationEntry {
  /** Below the data directory. */
  readonly name: ByteString;
  /** Undefined for a directory. */
  readonly content: Uint8Array | undefined;
  /** Permission bits. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
}

/** Far above what a configuration has, and low enough to be held in memory. */
const mostBytes = 16 * 1024 * 1024;
const mostEntries = 2000;

/**
 * Everything below `directory`, which is on this host: regular files and directories, paths kept.
 * @throws BackupError `USAGE` for anything else in it, for one that is too large, and where it has no configuration;
 * `STORAGE_UNAVAILABLE` for a file that cannot be read, by its name
 */
export async function readConfiguration(
  directory: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<ConfigurationEntry[]> {
  const root = fromText(directory);
  const entries: ConfigurationEntry[] = [];
  let leftBytes = mostBytes;
  for await (const { name, type, stats } of readDirectory(root, { signal })) {
    const path = joinPath(root, name);
    if (type !== 'file' && type !== 'directory') throw refused('backup.config-special', path);
    const inBackup = `${configDirectoryName}/${name}`;
    if (inBackup === configOriginName) throw refused('backup.config-origin', path);
    const content = type === 'file' ? readWhole(path, leftBytes) : undefined;
    leftBytes -= content?.length ?? 0;
    if (entries.length >= mostEntries) throw tooLarge(directory);
    entries.push({
      name: inBackup as ByteString,
      content,
      mode: stats.mode & 0o777,
      mtime: Math.floor(stats.mtimeMs / 1000),
    });
  }
  if (!entries.some(({ content }) => content !== undefined)) {
    throw new BackupError('USAGE', say('backup.config-empty', { directory }), {
      hint: say('backup.config-empty.hint'),
    });
  }
  return entries;
}

/** The same with its directory and what the server said, in the order in which they are written. */
export function withOrigin(
  entries: readonly ConfigurationEntry[],
  directory: string,
  { configFile, hbaFile, identFile }: ConfigurationFiles,
  fileMode = 0o600,
): ConfigurationEntry[] {
  const mtime = Math.floor(Date.now() / 1000);
  const content = encodeConfigOrigin({ configFile, hbaFile, identFile, configDirectory: directory });
  return [
    {
      name: configDirectoryName as string as ByteString,
      content: undefined,
      mode: fileMode | ((fileMode & 0o444) >> 2),
      mtime,
    },
    ...entries,
    { name: configOriginName as string as ByteString, content, mode: fileMode, mtime },
  ];
}

/** The lines of a manifest for the files among `entries`. */
export function manifestEntries(entries: readonly ConfigurationEntry[], algorithm: ChecksumAlgorithm): WrittenFile[] {
  return entries.flatMap(({ name, content, mtime }) => {
    if (content === undefined) return [];
    const checksum = createChecksum(algorithm);
    checksum.update(content);
    return [{ path: name, size: content.length, mtime, algorithm, checksum: checksum.digestHex() }];
  });
}

/** Whether a file of the server, by its path there, is among `entries`, which come from `directory`. */
export function isTaken(entries: readonly ConfigurationEntry[], directory: string, path: string): boolean {
  const below = posix.relative(directory, path);
  const name = below.startsWith('../') || below === '..' ? posix.basename(path) : below;
  return entries.some((entry) => entry.name === fromText(`${configDirectoryName}/${name}`));
}

/** Opened without waiting and without following a link: what is there may have changed since it was listed. */
function readWhole(path: ByteString, limitBytes: number): Uint8Array {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw refused('backup.config-special', path);
    if (stats.size > limitBytes) throw tooLarge(display(path));
    const content = Buffer.alloc(stats.size);
    let length = 0;
    while (length < content.length) {
      const read = readSync(descriptor, content, length, content.length - length, length);
      if (read === 0) break;
      length += read;
    }
    return content.subarray(0, length);
  } catch (error) {
    throw fileFailure('read', path, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function refused(key: 'backup.config-special' | 'backup.config-origin', path: ByteString): BackupError {
  return new BackupError('USAGE', say(key, { path: display(path) }), { hint: say('backup.config-empty.hint') });
}

function tooLarge(path: string): BackupError {
  return new BackupError('USAGE', say('backup.config-large', { path, limit: mostBytes / 1024 / 1024 }), {
    hint: say('backup.config-empty.hint'),
  });
}
