import type { BackupListener, BackupNews } from '../backup/events.ts';
import type { BackupRequest, BackupResult, BackupStart } from '../backup/request.ts';
import { takeBackup } from '../backup/take-backup.ts';
import { BackupError } from '../errors/backup-error.ts';
import { Teller } from '../events/teller.ts';
import { say } from '../messages/message.ts';
import type { ContentCodec } from '../packs/chunk-encoder.ts';
import type { Commit } from '../repository/commit.ts';
import { claimInstance, type Instance } from '../repository/instance.ts';
import { chooseGeneration, findArchive, readGenerations } from '../wal-archive/archive.ts';
import type { Lsn } from '../wal/lsn.ts';
import { segmentOffset, segmentStart } from '../wal/segment.ts';
import { ContentSink } from './content-sink.ts';
import { defaultCodec } from './default-codec.ts';
import { openArchiveOf } from './open-archive.ts';
import { makeSpoolDirectory } from './spool-directory.ts';
import { contentOf, storeWal } from './store-wal.ts';
import { StoringRun, type Pin } from './storing-run.ts';

/** A backup of a running server into a repository. */
export interface StoreBackupRequest extends Omit<
  BackupRequest,
  'output' | 'wal' | 'serverCompression' | 'standby' | 'incrementalTo'
> {
  readonly instance: Instance;
  /** Default: zstd 3 where there is zstd, else gzip 6. */
  readonly codec?: ContentCodec | undefined;
  /** Generation of the WAL archive; default: the only open one. */
  readonly generation?: number | undefined;
  readonly note?: string | undefined;
  /** Keep it whatever retention says: until a date, or for ever. */
  readonly pin?: Pin | undefined;
  /** An existing directory of this host for the WAL of the backup, until it is in the archive. */
  readonly spoolParent: string;
}

export interface StoreOptions {
  readonly signal: AbortSignal;
  readonly onEvent?: BackupListener | undefined;
}

export interface StoredBackup {
  readonly commit: Commit;
  /** WAL of a standby that is the beginning of a segment: it lies in the backup, not in the archive. */
  readonly hasOwnWal: boolean;
  /** Why the backup, which is stored, could not be pinned. */
  readonly pinFailure: BackupError | undefined;
  readonly checksumFailures: boolean;
}

/**
 * Takes a backup of a running server into a repository. When it resolves the backup is in the catalogue, with its WAL in the archive of the instance, all of it durable. When it rejects
 * it is not, and its packs are gone, unless removing them failed too: then retention removes them.
 * @throws BackupError as `takeBackup`; `SYSTEM_MISMATCH` when the instance is another server's; `LOCKED` when the run was declared dead; `STORAGE_UNAVAILABLE`
 */
export async function storeBackup(request: StoreBackupRequest, options: StoreOptions): Promise<StoredBackup> {
  const startedAt = new Date().toISOString();
  const run = await StoringRun.begin(request.instance, options.signal);
  try {
    return await storeWith(run, startedAt, request, options);
  } catch (error) {
    await run.abandon();
    throw error;
  }
}

async function storeWith(
  run: StoringRun,
  startedAt: string,
  request: StoreBackupRequest,
  { onEvent }: StoreOptions,
): Promise<StoredBackup> {
  const { instance, codec: wanted, generation, pin, note, spoolParent, ...source } = request;
  const { signal } = run;
  const codec = wanted ?? (await defaultCodec());
  const writer = await run.openWriter(codec);
  const sink = new ContentSink(writer);
  const spool = await makeSpoolDirectory(spoolParent);
  try {
    let start: BackupStart | undefined;
    let walEnd: { readonly endLsn: Lsn; readonly segmentSizeBytes: number } | undefined;
    const endsAt = (endLsn: Lsn, segmentSizeBytes: number): Lsn => {
      // A primary switches its segment at the end of a backup, so that all of it comes; a standby cannot.
      const wholeEnd = segmentOffset(endLsn, segmentSizeBytes) === 0 ? endLsn : nextSegment(endLsn, segmentSizeBytes);
      walEnd = { endLsn: sink.label?.from === 'standby' ? endLsn : wholeEnd, segmentSizeBytes };
      return walEnd.endLsn;
    };
    const result = await takeBackup(
      {
        ...source,
        wal: 'stream',
        output: {
          kind: 'members',
          sink,
          streamedWal: { directory: spool.path, endsAt },
          onStart: async (begun) => {
            start = begun;
            await started(run, begun, request);
          },
        },
      },
      { signal, onEvent },
    );
    if (walEnd === undefined || start === undefined)
      throw new BackupError('PROTOCOL_VIOLATION', say('backup.incomplete'));
    new Teller<'backup', BackupNews>(onEvent).enter('publish');
    const archive = await openArchiveOf(instance);
    const wal = { directory: spool.path, archive, generation, codec: codec.name, level: codec.level, ...walEnd };
    const stored = await storeWal(wal, { signal });
    const { walDirectory, server } = start;
    for (const file of stored.unfinished) {
      const attributes = {
        name: `${walDirectory}/${file.name}` as typeof file.name,
        mode: 0o600,
        sizeBytes: file.sizeBytes,
      };
      await sink.ownFile({ ...attributes, mtimeSeconds: Math.floor(Date.now() / 1000) }, contentOf(file, signal));
    }
    const { product, version: release = '' } = server;
    const commit = await run.commit(
      {
        ...positionsOf(result),
        ...{ product, release, startedAt, endedAt: new Date().toISOString() },
        ...{ label: request.label ?? '', note, source: 'stream', trust: 'read' },
        generation: stored.generation ?? generation ?? 1,
      },
      await writer.finish(),
    );
    const pinFailure = await run.pin(pin);
    const hasOwnWal = stored.unfinished.length > 0;
    return { commit, hasOwnWal, pinFailure, checksumFailures: result.checksumFailures };
  } catch (error) {
    throw spool.failure(error);
  } finally {
    await spool.remove();
  }
}

function positionsOf({ startLsn, endLsn, timeline, systemIdentifier }: BackupResult) {
  return { startLsn, endLsn, timeline, systemIdentifier: BigInt(systemIdentifier) };
}

/** Another server than the one whose name this is, is refused before anything of it is stored. */
async function started(
  run: StoringRun,
  { systemIdentifier, server, timeline, startLsn }: BackupStart,
  { instance, generation }: StoreBackupRequest,
): Promise<void> {
  const { product } = server;
  await claimInstance(instance, { systemIdentifier: BigInt(systemIdentifier), product });
  await run.hold.begin({ timeline, generation: await generationOf(instance, generation, run.signal), startLsn });
}

/** Of the archive: which one, is settled before anything is copied. @throws BackupError `USAGE` where it has to be named */
async function generationOf(instance: Instance, wanted: number | undefined, signal: AbortSignal): Promise<number> {
  const archive = await findArchive(await openArchiveOf(instance), { signal });
  if (archive === undefined) return wanted ?? 1;
  return chooseGeneration(await readGenerations(archive, { signal }), wanted, 'push').number;
}

function nextSegment(position: Lsn, segmentSizeBytes: number): Lsn {
  return (segmentStart(position, segmentSizeBytes) + BigInt(segmentSizeBytes)) as Lsn;
}
