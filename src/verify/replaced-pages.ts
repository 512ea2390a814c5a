import type { RelationFile } from '../pages/page-file.ts';
import type { BlockReferenceLayout } from '../wal/formats/format.ts';
import type { WalRecord } from '../wal/wal-record.ts';

/** Bits of the fork byte of a block reference. Source: access/xlogrecord.h of PostgreSQL. */
const forkMask = 0x0f;
const hasImage = 0x10;
const willInit = 0x40;
const sameRelation = 0x80;

const imageHasHole = 0x01;

/** Marks of what is no block reference. */
const shortData = 0xff;
const longData = 0xfe;
const origin = 0xfd;
const topLevelXid = 0xfc;
const lastBlockId = 32;

/** A page as one key. */
export function pageKey({ tablespace, database, relation, fork }: RelationFile, block: number): string {
  return `${tablespace}/${database}/${relation}/${fork}/${block}`;
}

/**
 * Tells of each page that `record` replaces as a whole when it is replayed, from the image that it holds or by making the
 * page anew: whatever the page was before does not matter then. Stops at what it does not understand.
 */
export function forEachReplacedPage(record: WalRecord, onPage: (key: string) => void): void {
  const { format, view, offset, totalBytes } = record;
  const { blocks } = format;
  if (blocks.kind !== 'image-info') return;
  const end = offset + totalBytes;
  let at = offset + format.header.sizeBytes;
  let relation: Omit<RelationFile, 'fork'> | undefined;
  while (at + 4 <= end) {
    const id = view.getUint8(at);
    if (id === shortData || id === longData) return;
    if (id === origin || id === topLevelXid) {
      at += 1 + (id === origin ? blocks.originBytes : 4);
      continue;
    }
    if (id > lastBlockId) return;
    const flags = view.getUint8(at + 1);
    at += 4;
    let isReplaced = (flags & willInit) !== 0;
    if ((flags & hasImage) !== 0) {
      if (at + 5 > end) return;
      const info = view.getUint8(at + 4);
      isReplaced ||= (info & blocks.applyFlag) !== 0;
      at += 5 + holeLengthBytes(info, blocks);
    }
    if ((flags & sameRelation) === 0) {
      if (at + 12 > end) return;
      relation = {
        tablespace: view.getUint32(at, true),
        database: view.getUint32(at + 4, true),
        relation: view.getUint32(at + 8, true),
      };
      at += 12;
    }
    if (at + 4 > end || relation === undefined) return;
    if (isReplaced) onPage(pageKey({ ...relation, fork: flags & forkMask }, view.getUint32(at, true)));
    at += 4;
  }
}

/** The length of the hole is stored only where it does not follow from the length of the image. */
function holeLengthBytes(
  info: number,
  { compressedMask }: Extract<BlockReferenceLayout, { kind: 'image-info' }>,
): number {
  return (info & imageHasHole) !== 0 && (info & compressedMask) !== 0 ? 2 : 0;
}
