import type { ByteSource } from '../bytes/byte-reader.ts';
import { PushedBytes, readPushed } from '../bytes/pushed-bytes.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { digestOf } from '../storage/digest.ts';
import { decompressed, type Codec } from './codec.ts';
import type { Receipt } from './receipt.ts';

/**
 * The bytes of a segment as they are stored; they end with `CORRUPT` unless they come to what the receipt says. @param hint what to do then
 * @param segment `receipt` undefined: nothing is known of it, and nothing checked
 */
export async function* checkedSegment(
  name: string,
  { codec, receipt }: { readonly codec: Codec; readonly receipt: Receipt | undefined },
  source: ByteSource,
  hint: Message,
): ByteSource {
  if (receipt === undefined) {
    yield* source;
    return;
  }
  const pushed = new PushedBytes();
  let found: { readonly sha256: string; readonly sizeBytes: number } | undefined;
  const reading = readPushed(pushed, async (content) => {
    found = await digestOf(decompressed(codec, content));
  });
  try {
    for await (const piece of source) {
      // Who has read enough asks for no more.
      await Promise.race([pushed.write(piece), reading]);
      yield piece;
    }
    pushed.end();
    await reading;
  } finally {
    pushed.end();
  }
  if (found?.sha256 === receipt.sha256 && found.sizeBytes === receipt.sizeBytes) return;
  throw new BackupError('CORRUPT', say('archive.wrong-hash', { name }), { hint });
}
