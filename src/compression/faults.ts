import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Compression } from './detect.ts';

export function damagedData(codec: Compression, reason: string, cause?: unknown): BackupError {
  return new BackupError('CORRUPT', say('compression.damaged', { codec, reason }), { cause });
}

export function truncatedData(codec: Compression): BackupError {
  return new BackupError('CORRUPT', say('compression.truncated', { codec }), {
    hint: say('compression.truncated.hint'),
  });
}

export function trailingData(codec: Compression): BackupError {
  return new BackupError('CORRUPT', say('compression.trailing-data', { codec }));
}

export function endlessZeros(codec: Compression, limit: number): BackupError {
  return new BackupError('CORRUPT', say('compression.endless-zeros', { codec, limit }));
}

export function impossibleSize(codec: Compression): BackupError {
  return new BackupError('CORRUPT', say('compression.impossible-size', { codec }));
}

export function wrongChecksum(codec: Compression): BackupError {
  return new BackupError('CORRUPT', say('compression.checksum', { codec }));
}

export function needsDictionary(codec: Compression): BackupError {
  return new BackupError('CORRUPT', say('compression.dictionary', { codec }));
}
