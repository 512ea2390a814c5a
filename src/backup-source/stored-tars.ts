import type { ByteSource } from '../bytes/byte-reader.ts';
import { decompressDetected } from '../compression/decompress.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Storage } from '../storage/storage.ts';
import type { Member } from '../tar/member.ts';
import { readMembers } from '../tar/read-members.ts';
import type { SetTar, TarSet } from '../wal-archive/tar-set.ts';
import type { TarReading } from './tar-source.ts';

/** Tars that are objects of a storage. */
export function storedTars(storage: Storage, set: TarSet): TarReading {
  return {
    isIndexed: false,
    // What is wrong with the archive is told with its name; what was found in it names itself.
    async *members(archive, { signal, onBytes = () => undefined, onFormat, skipped }) {
      const stored = counted(storage.get(archive.name, { signal }), onBytes);
      const content = decompressDetected(stored, { signal, skipped });
      for await (const member of named(readMembers(content, 'detect', { signal, onFormat, skipped }), archive)) {
        yield { header: member.header, content: named(member.content, archive) } satisfies Member;
      }
    },
    manifest: (options) => storage.get(set.manifest?.name ?? '', options),
  };
}

/** The same, with the name of the archive in the errors of reading it. */
async function* named<Piece>(pieces: AsyncIterable<Piece>, { name }: SetTar): AsyncGenerator<Piece, void, undefined> {
  try {
    yield* pieces;
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'CORRUPT') throw error;
    throw error.with({
      sentence: say('restore.archive-damaged', { archive: name, reason: error.sentence }),
      context: { archive: name },
    });
  }
}

async function* counted(source: ByteSource, onBytes: (count: number) => void): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    onBytes(piece.length);
    yield piece;
  }
}
