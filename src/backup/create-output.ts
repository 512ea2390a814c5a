import { showSetting } from '../replication/identify.ts';
import type { ReplicationSession } from '../replication/open-session.ts';
import { MembersOutput } from './members-output.ts';
import type { Output, OutputParts } from './output.ts';
import { PlainOutput } from './plain-output.ts';
import type { LocalOrder } from './request.ts';
import { SentStreamOutput } from './sent-stream-output.ts';
import { SentTarOutput } from './sent-tar-output.ts';
import { StreamOutput } from './stream-output.ts';
import { TarOutput } from './tar-output.ts';

type OutputOrder = Pick<LocalOrder, 'output'> & Partial<Pick<LocalOrder, 'serverCompression' | 'standby' | 'manifest'>>;

/** The output for `order`. */
export async function createOutput(order: OutputOrder, parts: OutputParts): Promise<Output> {
  const { output: target } = order;
  switch (target.kind) {
    case 'plain':
      return new PlainOutput(parts, target, await groupMayRead(parts.session));
    case 'tar':
      return isSentCompressed(order) ? new SentTarOutput(parts, target) : new TarOutput(parts, target);
    case 'stream':
      return isSentCompressed(order)
        ? new SentStreamOutput(parts, target, order.manifest !== undefined)
        : new StreamOutput(parts, target);
    case 'members':
      return new MembersOutput(target);
  }
}

/** Whether tars are kept with the bytes that the server sends, so that nothing of ours can be in them. */
export function storesAsSent(order: OutputOrder): boolean {
  const { output } = order;
  if (output.kind !== 'tar' && output.kind !== 'stream') return false;
  return output.tarFormat === 'opengauss' || isSentCompressed(order);
}

/** Whether they are kept as the server compressed them. With -R they are made anew. */
function isSentCompressed({ serverCompression, standby = false }: OutputOrder): boolean {
  return serverCompression !== undefined && !standby;
}

/** Whether the source lets its group read the data directory; the copy then does so too. PostgreSQL 11 and later. */
async function groupMayRead({ connection, capabilities }: ReplicationSession): Promise<boolean> {
  if (!capabilities.directoryModeSetting) return false;
  const mode = await showSetting(connection, 'data_directory_mode');
  return (Number.parseInt(mode, 8) & 0o050) !== 0;
}
