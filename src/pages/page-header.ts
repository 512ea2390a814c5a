/**
 * Header of a page of both products. Source: storage/bufpage.h. `lsn` is the end of the last WAL record that changed it.
 */
export interface PageHeader {
  readonly lsn: bigint;
  readonly checksum: number;
  readonly flags: number;
  readonly lower: number;
  /** 0 in a page that was allocated but never initialised. */
  readonly upper: number;
  readonly special: number;
  readonly pageSize: number;
  /** 4 in PostgreSQL; openGauss: 5 index and common, 6 heap, 7 ustore heap, 8 segment page. */
  readonly layoutVersion: number;
}

/** @param page at least 24 bytes: the header that every layout shares */
export function decodePageHeader(page: Uint8Array): PageHeader {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const sizeAndVersion = view.getUint16(18, true);
  return {
    // Two 32-bit words, the upper first: no little-endian 64-bit number.
    lsn: (BigInt(view.getUint32(0, true)) << 32n) | BigInt(view.getUint32(4, true)),
    checksum: view.getUint16(8, true),
    flags: view.getUint16(10, true),
    lower: view.getUint16(12, true),
    upper: view.getUint16(14, true),
    special: view.getUint16(16, true),
    pageSize: sizeAndVersion & 0xff00,
    layoutVersion: sizeAndVersion & 0x00ff,
  };
}
