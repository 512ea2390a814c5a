import type { GivenOptions } from '../config/option-table.ts';
import { extraWord, usage } from '../config/parse-options.ts';
import { wholeNumber } from '../config/places.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { isCodec } from '../wal-archive.ts';
import type { PushCompression } from './push-target.ts';

/** What the words of `wal push` say beside its places, each looked at before anything is done. */
export interface PushWords {
  /** Of the file, as the server says it. */
  readonly path: string;
  readonly compression: PushCompression;
}

/** @throws BackupError `USAGE`, `CONFIG_INVALID` */
export function readPushWords(program: string, given: GivenOptions): PushWords {
  const [path, second] = given.operands;
  if (path === undefined) throw usage(program, say('wal-commands.missing', { what: 'PATH' }));
  if (second !== undefined) throw extraWord(program, second);
  const compression = compressionOf(given.last('compress'));
  checkAsync(program, given);
  return { path, compression };
}

/** `--at-once`. @throws BackupError `CONFIG_INVALID` */
export function atOnceOf(given: GivenOptions): number {
  return wholeNumber('--at-once', given.last('at-once') ?? '4', 1, 16);
}

/** `--timeout`, in ms. @throws BackupError `CONFIG_INVALID` */
export function timeoutMsOf(given: GivenOptions): number {
  return 1000 * wholeNumber('--timeout', given.last('timeout') ?? '60', 1, 86_400);
}

/** Also where they are not used: a push by the call itself is for a moment, and the words stay. */
function checkAsync(program: string, given: GivenOptions): void {
  const isAsync = given.has('async') || given.has('push-ahead');
  const option = ['at-once', 'timeout', 'spool'].find((name) => given.has(name));
  if (!isAsync && option !== undefined) throw usage(program, say('wal-async.needs-async', { option: `--${option}` }));
  atOnceOf(given);
  timeoutMsOf(given);
}

function compressionOf(text = 'none'): PushCompression {
  const [codec, level, ...rest] = text.split(':');
  if (!isCodec(codec) || rest.length > 0 || (level !== undefined && codec === 'none')) {
    throw new BackupError('CONFIG_INVALID', say('wal-commands.bad-compress', { text }), {
      hint: say('wal-commands.bad-compress.hint'),
    });
  }
  return { codec, level: level === undefined ? undefined : wholeNumber('--compress', level, 0, 22) };
}
