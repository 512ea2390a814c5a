import type { ByteSource } from '../bytes/byte-reader.ts';
import { crc32c } from '../bytes/crc32c.ts';
import type { WalFormat } from '../wal/formats/format.ts';
import { longPageHeaderBytes, shortPageHeaderBytes, walPageBytes } from '../wal/page-header.ts';

/** What there is in a segment, and those before it, of a record that goes on in the next: enough to check its CRC at its end. */
export interface UnfinishedRecord {
  /** Its header, as far as it has been seen. */
  readonly header: Uint8Array;
  /** CRC-32C of what follows the header, as far as it has been seen. */
  readonly bodyCrc: number;
}

export const noRecord: UnfinishedRecord = { header: new Uint8Array(0), bodyCrc: 0 };

/** `record` and the bytes that follow what has been seen of it. */
function withBytes(record: UnfinishedRecord, bytes: Uint8Array, { header }: WalFormat): UnfinishedRecord {
  const missing = Math.min(header.sizeBytes - record.header.length, bytes.length);
  return {
    header: missing === 0 ? record.header : Buffer.concat([record.header, bytes.subarray(0, missing)]),
    bodyCrc: crc32c(bytes.subarray(missing), record.bodyCrc),
  };
}

/** Whether the CRC of a record of which everything has been seen is right. */
export function isSound({ header, bodyCrc }: UnfinishedRecord, { header: layout }: WalFormat): boolean {
  if (header.length !== layout.sizeBytes) return false;
  const expected = new DataView(header.buffer, header.byteOffset, header.length).getUint32(layout.crcOffset, true);
  return crc32c(header.subarray(0, layout.crcOffset), bodyCrc) === expected;
}

/**
 * Adds to `record` the `length` bytes that are in a segment at `offset` and behind, page headers left out. Reads no more than that.
 * @param source the segment from the page on that holds `offset`
 */
export async function withSource(
  record: UnfinishedRecord,
  source: ByteSource,
  { offset, length }: { readonly offset: number; readonly length: number },
  format: WalFormat,
): Promise<UnfinishedRecord> {
  let result = record;
  let left = length;
  let position = offset - (offset % walPageBytes);
  let wanted = offset;
  for await (const piece of source) {
    for (let at = 0; at < piece.length && left > 0;) {
      const inPage = position % walPageBytes;
      const header = position === inPage ? longPageHeaderBytes : shortPageHeaderBytes;
      // Up to the first byte wanted, or behind the header of the page.
      const start = Math.max(wanted, position - inPage + header);
      if (start > position) {
        const skipped = Math.min(start - position, piece.length - at);
        at += skipped;
        position += skipped;
        continue;
      }
      const taken = Math.min(walPageBytes - inPage, piece.length - at, left);
      result = withBytes(result, piece.subarray(at, at + taken), format);
      at += taken;
      position += taken;
      wanted = position;
      left -= taken;
    }
    if (left === 0) break;
  }
  return result;
}
