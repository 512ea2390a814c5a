import { basename, dirname } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { Teller } from '../events/teller.ts';
import { say } from '../messages/message.ts';
import { placeWords } from '../messages/place-words.ts';
import { checkInstance, chooseGeneration, findArchive, initArchive, readGenerations } from '../wal-archive/archive.ts';
import type { Archive, InstanceFacts } from '../wal-archive/archive.ts';
import { storeHistory, type StoreResult } from '../wal-archive/archive-writer.ts';
import { largestHistoryBytes } from '../wal-archive/archive-wal.ts';
import type { Codec } from '../wal-archive/codec.ts';
import { pushSegment, type OpenedArchive } from '../wal-archive/push-segment.ts';
import { endInTurn, type PushTurn } from '../wal-archive/push-turn.ts';
import { parseWalFileName, type WalFileName } from '../wal-archive/wal-file-name.ts';
import type { Storage } from '../storage/storage.ts';
import type { ArchivingListener, ArchivingNews } from './events.ts';
import { instanceOfWal } from './instance-of-wal.ts';
import { readLocal } from './local-bytes.ts';

export interface PushRequest {
  readonly storage: Storage;
  /** The file to push: what `%p` of archive_command says. Its last part is its name. */
  readonly path: string;
  /** Default: the only open one. */
  readonly generation?: number | undefined;
  /** Default none. */
  readonly codec?: Codec | undefined;
  readonly level?: number | undefined;
  /** Called before an empty storage becomes an archive, with what it would be of: its rejection keeps it from that. See `checkFirstPush`. */
  readonly beforeCreation?: ((facts: InstanceFacts) => Promise<void>) | undefined;
  /** What was opened a moment ago; undefined: it is opened for this. */
  readonly opened?: OpenedArchive | undefined;
  /** Where several are on their way at once. */
  readonly turn?: PushTurn | undefined;
}

export interface PushReport {
  readonly name: string;
  readonly kind: WalFileName['kind'];
  readonly result: StoreResult;
  readonly generation: number;
  readonly sizeBytes: number;
}

interface Options {
  readonly signal?: AbortSignal | undefined;
  /** Told when the file is stored. */
  readonly onEvent?: ArchivingListener | undefined;
}

/**
 * Puts one file of WAL into the archive, as archive_command asks: a segment, a partial segment, a history or a backup history
 * file. When it resolves the file is durable there. An empty storage becomes an archive.
 * Refused and why: docs/design/wal-archive.md.
 */
export async function pushWal(request: PushRequest, options: Options = {}): Promise<PushReport> {
  const name = basename(request.path);
  const file = parseWalFileName(name);
  if (file === undefined) {
    throw new BackupError('USAGE', say('archive.no-wal-name', { name }), { hint: say('archive.no-wal-name.hint') });
  }
  const teller = new Teller<'archiving', ArchivingNews>(options.onEvent);
  teller.enter('store');
  const report = await (file.kind === 'segment' || file.kind === 'partial'
    ? pushSegmentFile(request, file, options)
    : pushHistory(request, file, options));
  const { sizeBytes } = report;
  teller.tell({ type: 'progress', doneBytes: sizeBytes, totalBytes: sizeBytes, filesDone: 1, filesTotal: 1, name });
  return report;
}

async function pushSegmentFile(
  { path, ...request }: PushRequest,
  file: WalFileName & { segment: string },
  { signal }: Options,
): Promise<PushReport> {
  const read = (offset?: number) => readLocal(path, signal, offset);
  const pushed = await pushSegment({ ...request, file, read }, { signal });
  return { name: file.name, kind: file.kind, ...pushed };
}

async function pushHistory(request: PushRequest, file: WalFileName, { signal }: Options): Promise<PushReport> {
  const { path } = request;
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of readLocal(path, signal)) {
    sizeBytes += piece.length;
    if (sizeBytes > largestHistoryBytes) {
      throw new BackupError(
        'CORRUPT',
        say('archive.history-too-large', { name: file.name, limit: largestHistoryBytes }),
      );
    }
    pieces.push(Buffer.from(piece));
  }
  const archive = await openForHistory(request, signal);
  const generations = request.opened?.generations ?? (await readGenerations(archive, { signal }));
  const generation = chooseGeneration(generations, request.generation, 'push').number;
  await endInTurn(request.turn);
  const result = await storeHistory(archive, generation, file.name, Buffer.concat(pieces), { signal });
  return { name: file.name, kind: file.kind, result, generation, sizeBytes };
}

/** A history file does not say whose it is: the segments that lie beside it do. */
async function openForHistory(request: PushRequest, signal: AbortSignal | undefined): Promise<Archive> {
  const { storage, path, beforeCreation } = request;
  const facts = await instanceOfWal(dirname(path), signal);
  const archive = request.opened?.archive ?? (await findArchive(storage, { signal }));
  if (archive !== undefined) {
    if (facts !== undefined) checkInstance(archive, facts);
    return archive;
  }
  if (facts === undefined) {
    throw new BackupError('REPOSITORY_NOT_FOUND', say('archive.none', { storage: placeWords(storage.description) }), {
      hint: say('archive.history-first.hint'),
    });
  }
  return initArchive(storage, facts, { signal, beforeCreation });
}
