import { onePiece } from '../../src/bytes/one-piece.ts';
import { packName, type ChunkRef } from '../../src/packs/chunk-ref.ts';
import { openContent } from '../../src/packs/content-reader.ts';
import type { Commit } from '../../src/repository/commit.ts';
import { initRepository } from '../../src/repository/init-repository.ts';
import { claimInstance, type Instance } from '../../src/repository/instance.ts';
import { backupName, newId } from '../../src/repository/names.ts';
import { openInstance } from '../../src/repository/open-instance.ts';
import { putCommit } from '../../src/repository/put-commit.ts';
import { noteBackup, pinBackup } from '../../src/repository/put-mark.ts';
import type { Repository } from '../../src/repository/repository.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { pushSegment } from '../../src/wal-archive/push-segment.ts';
import type { Codec } from '../../src/wal-archive/codec.ts';
import { formatLsn, lsn, type Lsn } from '../../src/wal/lsn.ts';
import { segmentName } from '../../src/wal/segment.ts';
import { sampleCommit } from './repository-instance.ts';
import { store, type Files } from './stored-content.ts';
import { WalBuilder } from './wal-builder.ts';

/** Of WAL, as small as servers make them. */
const segmentSizeBytes = 1024 * 1024;
/** PostgreSQL 17. */
const walMagic = 0xd116;

export interface SmallBackup {
  readonly commit: Commit;
  readonly files: Files;
  readonly segment: string;
}

/** A repository with one instance, and backups with their WAL, made without a server. */
export class SmallRepository {
  readonly repository: Repository;
  readonly instance: Instance;
  readonly backups: SmallBackup[] = [];
  /** Segments by their names. */
  readonly wal = new Map<string, Buffer>();
  readonly #walBuilder = new WalBuilder({ magic: walMagic, segmentSizeBytes });

  private constructor(repository: Repository, instance: Instance) {
    this.repository = repository;
    this.instance = instance;
  }

  static async make(storage: Storage, password?: string): Promise<SmallRepository> {
    const given = password === undefined ? {} : { password: () => Promise.resolve(password) };
    const repository = await initRepository(storage, given);
    const instance = await openInstance(repository, 'orders');
    const small = new SmallRepository(repository, instance);
    const { systemIdentifier } = small.#walBuilder;
    await claimInstance(instance, { systemIdentifier, product: 'PostgreSQL' });
    return small;
  }

  /** One more, compared with the one before. @param files without backup_label */
  async backup(files: Files, codec: Codec = 'gzip'): Promise<SmallBackup> {
    const { storage } = this.instance;
    const wal = await this.#pushWal(codec);
    const backup = newId();
    const all = new Map([['backup_label', Buffer.from(wal.label)], ...files]);
    const prior: readonly ChunkRef[] | undefined = this.backups.at(-1)?.commit.root;
    const written = await store(storage, all, { backup, prior, threads: 0 });
    const { root, rootPacks, files: count, logicalBytes, newBytes, referencedBytes } = written;
    const startedAt = new Date(Date.now() - 120_000 + this.backups.length).toISOString();
    const { systemIdentifier } = this.#walBuilder;
    const numbers = { root, rootPacks, files: count, logicalBytes, newBytes, referencedBytes, systemIdentifier };
    const place = { timeline: 1, startLsn: wal.startLsn, endLsn: wal.endLsn };
    const chain = { backup, name: backupName(startedAt, backup), prior: this.backups.at(-1)?.commit.backup };
    const commit = sampleCommit({ ...chain, ...numbers, ...place }, startedAt);
    await putCommit(storage, commit);
    const made = { commit, files: all, segment: wal.segment };
    this.backups.push(made);
    return made;
  }

  async mark(): Promise<void> {
    const backup = this.backups[0]?.commit.backup ?? '';
    await pinBackup(this.instance.storage, backup, { until: undefined });
    await noteBackup(this.instance.storage, backup, 'a note');
  }

  /** Names of the packs of content that the backups use. */
  async contentPacks(): Promise<Set<string>> {
    const names = new Set<string>();
    for (const { commit } of this.backups) {
      const { root } = await openContent(this.instance.storage, commit.root);
      for (const { pack, kind } of root.packs.entries) if (kind === 'content') names.add(packName(pack));
    }
    return names;
  }

  /** One segment: the checkpoint that the backup begins with, some records, and its end. */
  async #pushWal(codec: Codec) {
    const wal = this.#walBuilder;
    const segmentStart = wal.position;
    const { startLsn } = wal.append(heapRecord(200));
    const checkpoint = wal.append({ rmid: 0, info: 0x10, main: checkpointData(startLsn) });
    for (let count = 0; count < 40; count += 1) wal.append(heapRecord(1000 + count));
    const end = Buffer.alloc(8);
    end.writeBigUInt64LE(startLsn);
    const { endLsn } = wal.append({ rmid: 0, info: 0x50, main: end });
    wal.switchSegment();
    const segment = segmentName(1, segmentStart, segmentSizeBytes);
    const from = wal.offsetOf(segmentStart);
    const bytes = wal.bytes().subarray(from, from + segmentSizeBytes);
    this.wal.set(segment, bytes);
    const file = { kind: 'segment', name: segment, segment } as const;
    const { wal: storage } = this.instance;
    if (typeof storage === 'string') throw new Error('only in a storage');
    await pushSegment({ storage, file, codec, read: (offset = 0) => onePiece(bytes.subarray(offset)) });
    const label = [
      `START WAL LOCATION: ${formatLsn(startLsn)} (file ${segment})`,
      `CHECKPOINT LOCATION: ${formatLsn(checkpoint.startLsn)}`,
      'BACKUP METHOD: streamed',
      'BACKUP FROM: primary',
      'START TIME: 2026-11-22 15:00:00 UTC',
      'LABEL: nightly',
      'START TIMELINE: 1',
    ];
    return { segment, startLsn, endLsn, label: `${label.join('\n')}\n` };
  }
}

function heapRecord(bytes: number) {
  return { rmid: 10, info: 0, xid: 700n, main: new Uint8Array(bytes).fill(bytes & 0xff) };
}

/** CheckPoint of PostgreSQL 12 and later. */
function checkpointData(redo: Lsn): Uint8Array {
  const data = Buffer.alloc(88);
  data.writeBigUInt64LE(lsn(redo), 0);
  data.writeUInt32LE(1, 8);
  data.writeUInt32LE(1, 12);
  data.writeUInt8(1, 16);
  data.writeBigUInt64LE(701n, 24);
  data.writeBigInt64LE(1_800_000_000n, 64);
  return data;
}
