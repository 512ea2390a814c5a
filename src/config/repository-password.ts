import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { BackupError, reasonFor } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { readEnvironment, type Environment } from './environment.ts';
import type { PasswordSource } from './repository-settings.ts';

/** Longest password, in bytes of UTF-8. */
const longestBytes = 4096;

/**
 * The password of a repository from a file or from what a command prints; a line end behind it is no part of it. The command is
 * run by sh, has nothing to read, and says on standard error what it has to say. Neither the password nor the command is in any error.
 * @throws BackupError `CONFIG_INVALID` when there is none to be had that way, or others could read the file as well
 */
export async function readRepositoryPassword(
  source: PasswordSource,
  { signal }: { readonly signal: AbortSignal },
): Promise<string> {
  const what: Message =
    source.kind === 'file' ? say('repo.password-file', { path: source.path }) : say('repo.password-command');
  const bytes = source.kind === 'file' ? await ofFile(source.path, signal) : await ofCommand(source.command, signal);
  if (bytes.length > longestBytes) throw refused(say('repo.password-long', { what, limit: longestBytes }));
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refused(say('repo.password-garbled', { what }));
  }
  const password = text.replace(/\r?\n$/, '');
  if (password === '') throw refused(say('repo.password-empty', { what }));
  return password;
}

/** A regular file must be one that only its owner reads; of root's also its group, as secrets are handed to services. */
async function ofFile(path: string, signal: AbortSignal): Promise<Buffer> {
  try {
    const status = await stat(path);
    const others = status.uid === 0 ? 0o037 : 0o077;
    if (status.isFile() && (status.mode & others) !== 0) {
      throw refused(say('repo.password-file-open', { path }), say('repo.password-file-open.hint', { path }));
    }
    return await gather(createReadStream(path, { signal }));
  } catch (error) {
    if (error instanceof BackupError || signal.aborted) throw error;
    throw refused(
      say('repo.password-file-unreadable', { path, reason: reasonFor(error) }),
      say('repo.password-file-unreadable.hint'),
    );
  }
}

async function ofCommand(command: string, signal: AbortSignal): Promise<Buffer> {
  const env = environmentOfCommand(readEnvironment());
  const child = spawn('/bin/sh', ['-c', command], { env, stdio: ['ignore', 'pipe', 'inherit'], signal });
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const [bytes, [status, endedBy]] = await Promise.all([gather(child.stdout), ended]);
  if (status === 0) return bytes;
  throw refused(
    say('repo.password-command-failed', { status: endedBy ?? String(status) }),
    say('repo.password-command-failed.hint'),
  );
}

/** That of whoever called: the launcher (src/cli/launcher.sh) puts the certificates aside of which this process has no use. */
function environmentOfCommand({ GAUSSKEEP_EXTRA_CA_CERTS: certificates, ...others }: Environment): Environment {
  return certificates === undefined ? others : { ...others, NODE_EXTRA_CA_CERTS: certificates };
}

/** All that comes, or a little more than may: what is beyond that is not kept. */
async function gather(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const kept: Buffer[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    if (bytes <= longestBytes) kept.push(piece);
    bytes += piece.length;
  }
  return Buffer.concat(kept);
}

function refused(sentence: Message, hint?: Message): BackupError {
  return new BackupError('CONFIG_INVALID', sentence, { hint });
}
