import { requireDecoder, requireEncoder } from '../compression/decompress.ts';
import type { BackupOrder } from './request.ts';

/** What is missing is said before anything is done on the server. @throws BackupError `CONFIG_INVALID` */
export async function requireCodecs({ output, serverCompression }: BackupOrder): Promise<void> {
  if (output.kind === 'server') return;
  if (serverCompression !== undefined) await requireDecoder(serverCompression.method);
  if (output.kind !== 'tar' && output.kind !== 'stream') return;
  const { compression = { method: 'none' } } = output;
  if (compression.method !== 'none') await requireEncoder(compression.method, compression.level);
}
