import { BackupError } from '../errors/backup-error.ts';
import { loadChunkEncoder, type ContentCodec } from '../packs/chunk-encoder.ts';

/** zstd 3 where Node or the optional package has it, else gzip 6: a repository is written with what every host can read in the end. */
export async function defaultCodec(): Promise<ContentCodec> {
  try {
    await loadChunkEncoder({ name: 'zstd', level: 3 });
    return { name: 'zstd', level: 3 };
  } catch (error) {
    if (error instanceof BackupError && error.code === 'CONFIG_INVALID') return { name: 'gzip', level: 6 };
    throw error;
  }
}
