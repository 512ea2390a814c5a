import type { WalRecord } from './wal-record.ts';

/** A block that a record changes. `tablespace`, `database` and `relation` are the numbers of the file's path. */
export interface BlockReference {
  readonly tablespace: number;
  readonly database: number;
  readonly relation: number;
  /** 0 main, 1 free space map, 2 visibility map, 3 init (openGauss: 4, and 3 is its change map). */
  readonly fork: number;
  readonly block: number;
  /** openGauss: -1 for an ordinary file, else the relation lives in a segment or bucket file. */
  readonly bucket: number;
  /** Whether replay replaces the page by a full image of it. Images that only check consistency do not count. */
  readonly hasImage: boolean;
}

/** The parts of a record. */
export interface RecordBody {
  /** Where the main data lies in the memory of the record. */
  readonly mainOffset: number;
  readonly mainBytes: number;
  readonly blocks: readonly BlockReference[];
}

const longestBlockId = 32;
const pageBytes = 8192;
/** TdeInfo, tde_key_management/data_common.h. */
const encryptionBytes = 396;

interface Cursor {
  position: number;
  readonly end: number;
  /** Bytes of images, block data and main data that the sub-headers promise. */
  dataBytes: number;
  mainBytes: number;
  lastBlock: BlockReference | undefined;
  readonly blocks: BlockReference[];
}

/**
 * Takes a record apart: sub-headers first, then the data that they announce, main data last. Source: DecodeXLogRecord,
 * access/transam/xlogreader.c, of both products.
 * @returns undefined when the sub-headers do not fit the record, which a record with a right CRC does not do
 */
export function decodeRecordBody(record: WalRecord): RecordBody | undefined {
  const { view, offset, totalBytes, format } = record;
  const cursor: Cursor = {
    position: offset + format.header.sizeBytes,
    end: offset + totalBytes,
    dataBytes: 0,
    mainBytes: 0,
    lastBlock: undefined,
    blocks: [],
  };
  // The sub-headers end where as many bytes remain as they have announced.
  while (cursor.end - cursor.position > cursor.dataBytes) {
    const id = view.getUint8(cursor.position);
    cursor.position += 1;
    if (!decodePart(id, cursor, record)) return undefined;
  }
  if (cursor.end - cursor.position !== cursor.dataBytes) return undefined;
  return { mainOffset: cursor.end - cursor.mainBytes, mainBytes: cursor.mainBytes, blocks: cursor.blocks };
}

/** @returns whether the part is possible and lies in the record */
function decodePart(id: number, cursor: Cursor, { view, format }: WalRecord): boolean {
  const room = cursor.end - cursor.position;
  switch (id) {
    case 255: // main data of up to 255 bytes
      if (room < 1) return false;
      cursor.mainBytes = view.getUint8(cursor.position);
      return finish(cursor, 1);
    case 254: // main data of any length
      if (room < 4) return false;
      cursor.mainBytes = view.getUint32(cursor.position, true);
      return finish(cursor, 4);
    case 253: // replication origin
      cursor.position += format.blocks.originBytes;
      return cursor.position <= cursor.end;
    case 252: // xid of the top-level transaction (PostgreSQL 14 on)
      cursor.position += 4;
      return cursor.position <= cursor.end;
    default:
      return format.blocks.kind === 'image-info'
        ? decodeImageInfoBlock(id, cursor, view, format.blocks.compressedMask, format.blocks.applyFlag)
        : decodeLastLsnBlock(id, cursor, view);
  }
}

/** The main data is always the last part. */
function finish(cursor: Cursor, headerBytes: number): boolean {
  cursor.position += headerBytes;
  cursor.dataBytes += cursor.mainBytes;
  return cursor.end - cursor.position === cursor.dataBytes;
}

/** u8 fork and flags, u16 data length; image header; file; block number. */
function decodeImageInfoBlock(
  id: number,
  cursor: Cursor,
  view: DataView,
  compressedMask: number,
  applyFlag: number,
): boolean {
  if (id > longestBlockId || cursor.end - cursor.position < 3) return false;
  const flags = view.getUint8(cursor.position);
  cursor.dataBytes += view.getUint16(cursor.position + 1, true);
  cursor.position += 3;
  let hasImage = false;
  if ((flags & blockFlag.hasImage) !== 0) {
    if (cursor.end - cursor.position < 5) return false;
    cursor.dataBytes += view.getUint16(cursor.position, true);
    const info = view.getUint8(cursor.position + 4);
    hasImage = (info & applyFlag) !== 0;
    const holeOfCompressed = (info & 1) !== 0 && (info & compressedMask) !== 0;
    cursor.position += holeOfCompressed ? 7 : 5;
  }
  const fileBytes = (flags & blockFlag.sameRelation) !== 0 ? 0 : 12;
  if (cursor.end - cursor.position < fileBytes + 4) return false;
  return addBlock(cursor, view, { flags, hasImage, fileBytes, bucket: -1, skipped: 0 });
}

/**
 * u8 fork and flags, u16 data length; u16 hole offset and length of an image; file of 12 or 16 bytes, encryption, u16;
 * block number; physical place in a segment file; u64 previous LSN of the page.
 */
function decodeLastLsnBlock(markedId: number, cursor: Cursor, view: DataView): boolean {
  if ((markedId & 0x3f) > longestBlockId || cursor.end - cursor.position < 7) return false;
  const flags = view.getUint8(cursor.position);
  cursor.dataBytes += view.getUint16(cursor.position + 1, true);
  cursor.position += 3;
  const hasImage = (flags & blockFlag.hasImage) !== 0;
  if (hasImage) {
    cursor.dataBytes += pageBytes - Math.min(pageBytes, view.getUint16(cursor.position + 2, true));
    cursor.position += 4;
  }
  const isSame = (flags & blockFlag.sameRelation) !== 0;
  const hasBucket = (markedId & 0x80) !== 0;
  const fileBytes = isSame ? 0 : hasBucket ? 16 : 12;
  const skipped = isSame ? 0 : ((markedId & 0x40) !== 0 ? encryptionBytes : 0) + 2;
  if (cursor.end - cursor.position < fileBytes + skipped + 4 + 8) return false;
  const bucket = isSame ? (cursor.lastBlock?.bucket ?? -1) : hasBucket ? view.getInt16(cursor.position + 12, true) : -1;
  if (!addBlock(cursor, view, { flags, hasImage, fileBytes, bucket, skipped })) return false;
  const isPhysical = bucket > -1 && (cursor.lastBlock?.relation ?? 0) > 5;
  if (isPhysical) {
    const hasMap = (view.getUint8(cursor.position) & 0x80) !== 0;
    cursor.position += hasMap ? 10 : 5;
  }
  cursor.position += 8;
  return cursor.position <= cursor.end;
}

/** @returns false when the block refers to a relation that was not named */
function addBlock(
  cursor: Cursor,
  view: DataView,
  part: { flags: number; hasImage: boolean; fileBytes: number; bucket: number; skipped: number },
): boolean {
  const at = cursor.position;
  const file =
    part.fileBytes === 0
      ? cursor.lastBlock
      : {
          tablespace: view.getUint32(at, true),
          database: view.getUint32(at + 4, true),
          relation: view.getUint32(at + 8, true),
        };
  if (file === undefined) return false;
  const blockAt = at + part.fileBytes + part.skipped;
  const reference: BlockReference = {
    tablespace: file.tablespace,
    database: file.database,
    relation: file.relation,
    fork: part.flags & 0x0f,
    block: view.getUint32(blockAt, true),
    bucket: part.bucket,
    hasImage: part.hasImage,
  };
  cursor.position = blockAt + 4;
  cursor.lastBlock = reference;
  cursor.blocks.push(reference);
  return true;
}

const blockFlag = { hasImage: 0x10, sameRelation: 0x80 } as const;
