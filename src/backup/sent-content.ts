import { decompressDetected } from '../compression/decompress.ts';
import type { Output } from './output.ts';
import type { TarEvent } from './member-delivery.ts';
import type { LocalOrder } from './request.ts';
import { SentStreamOutput } from './sent-stream-output.ts';
import { SentTarOutput } from './sent-tar-output.ts';
import { tarName } from './tablespaces.ts';

interface Parts {
  readonly request: Pick<LocalOrder, 'serverCompression'>;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** The tar that comes, decompressed where the server was asked to compress; its bytes are stored on the way where they are to be kept. */
export function sentContent(
  { name, tablespace, content }: TarEvent,
  { request, output, signal }: Parts,
): TarEvent['content'] {
  if (request.serverCompression === undefined) return content;
  const keeps = output instanceof SentTarOutput || output instanceof SentStreamOutput;
  const kept = keeps ? output.sent(name ?? `${tarName(tablespace)}.tar`, content) : content;
  return decompressDetected(kept, { signal });
}
