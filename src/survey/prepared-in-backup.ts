import type { ByteSource } from '../bytes/byte-reader.ts';
import { decompressDetected } from '../compression/decompress.ts';
import { manifestFileName } from '../manifest/manifest.ts';
import { readManifest } from '../manifest/reader.ts';
import { findTarSet } from '../wal-archive/tar-set.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { readMembers } from '../tar/read-members.ts';
import { sinceUnixEpoch } from '../wal/decode-event.ts';
import type { WalFormat } from '../wal/formats/format.ts';
import { decodeTwoPhaseFile, twoPhaseFileName, twoPhaseHeadBytes } from '../wal/two-phase-file.ts';
import type { TransactionMark } from '../window/transaction.ts';
import type { FoundBackup } from './backups.ts';

const folderName = 'pg_twophase/';

/**
 * The transactions that were prepared when a backup was taken, by its files in pg_twophase. Of archives without a manifest
 * that costs a pass over the base archive.
 */
export async function preparedInBackup(
  backup: FoundBackup,
  format: WalFormat,
  options: StorageOptions = {},
): Promise<TransactionMark[]> {
  const found: TransactionMark[] = [];
  for await (const bytes of twoPhaseFiles(backup, options)) {
    const record = decodeTwoPhaseFile(format, bytes);
    if (record?.xid === undefined) continue;
    const { xid, gid, time, subxids, droppedFiles } = record;
    // Where its record lies is not known: before the backup begins.
    const at = { startLsn: backup.facts.label.startLsn, endLsn: backup.facts.label.startLsn };
    const subtransactions = subxids.length;
    found.push({ kind: 'prepare', xid, timeUs: sinceUnixEpoch(time), ...at, gid, subtransactions, droppedFiles });
  }
  return found;
}

async function* twoPhaseFiles(backup: FoundBackup, options: StorageOptions): AsyncGenerator<Buffer, void, undefined> {
  const { storage, folder, facts } = backup;
  if (facts.format === 'plain') {
    for await (const { name } of storage.list(folder + folderName, { ...options, recursive: false })) {
      if (!twoPhaseFileName.test(name.slice(folder.length + folderName.length))) continue;
      yield await headOf(storage.get(name, { ...options, length: twoPhaseHeadBytes }));
    }
    return;
  }
  const set = await findTarSet(storage, folder, options);
  if (set === undefined || (await saysNone(backup, options))) return;
  const source = decompressDetected(storage.get(set.base.name, options), options);
  for await (const { header, content } of readMembers(source, 'detect', { ...options, terminated: false })) {
    const isOne = header.name.startsWith(folderName) && twoPhaseFileName.test(header.name.slice(folderName.length));
    if (isOne && header.type === 'file') yield await headOf(content);
  }
}

/** Whether the manifest lists no such file. */
async function saysNone({ storage, folder }: FoundBackup, options: StorageOptions): Promise<boolean> {
  const name = folder + manifestFileName;
  if ((await storage.stat(name, options)) === undefined) return false;
  const { files } = await readManifest(storage.get(name, options), options.signal ? { signal: options.signal } : {});
  for (const path of files.keys()) if (path.startsWith(folderName)) return false;
  return true;
}

async function headOf(content: ByteSource): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of content) {
    if (length < twoPhaseHeadBytes) pieces.push(Buffer.from(piece.subarray(0, twoPhaseHeadBytes - length)));
    length += piece.length;
  }
  return Buffer.concat(pieces);
}
