import { formatOfMagic } from './formats/formats.ts';
import type { WalFormat } from './formats/format.ts';
import { lsn, type Lsn } from './lsn.ts';
import type { TimelineId } from './segment.ts';

/** XLOG_BLCKSZ. Servers can be built with another size; none is known to be, and such WAL is refused. */
export const walPageBytes = 8192;

/** Bytes of the header of a page; the first page of a segment has the long one. */
export const shortPageHeaderBytes = 24;
export const longPageHeaderBytes = 40;

/** Flags of a page header. Source: access/xlog_internal.h, access/xlog_basic.h. */
export const pageFlag = {
  firstIsContinuation: 0x0001,
  longHeader: 0x0002,
  blocksRemovable: 0x0004,
  firstOverwritesContinuation: 0x0008,
} as const;

/** What the long header adds. */
export interface SegmentIdentity {
  readonly systemIdentifier: bigint;
  readonly segmentSizeBytes: number;
  readonly blockSizeBytes: number;
}

/**
 * Header of a WAL page. Source: XLogPageHeaderData, access/xlog_internal.h (PostgreSQL 9.3 on) and xlog_basic.h (openGauss).
 *
 * | offset | type | field |
 * |---|---|---|
 * | 0 | u16 | magic |
 * | 2 | u16 | flags |
 * | 4 | u32 | timeline |
 * | 8 | u64 | address of the page |
 * | 16 | u32 | bytes that remain of the record that continues here |
 * | 20 | u32 | not used |
 * | 24 | u64 | system identifier (long header only) |
 * | 32 | u32 | segment size |
 * | 36 | u32 | page size |
 */
export interface PageHeader {
  readonly magic: number;
  readonly format: WalFormat | undefined;
  readonly flags: number;
  readonly timeline: TimelineId;
  readonly address: Lsn;
  readonly remainingBytes: number;
  readonly sizeBytes: number;
  readonly segment: SegmentIdentity | undefined;
}

/** The header at the start of `page`, unchecked; undefined when there are not enough bytes for it. */
export function decodePageHeader(page: Uint8Array): PageHeader | undefined {
  if (page.length < shortPageHeaderBytes) return undefined;
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const magic = view.getUint16(0, true);
  const flags = view.getUint16(2, true);
  const isLong = (flags & pageFlag.longHeader) !== 0;
  if (isLong && page.length < longPageHeaderBytes) return undefined;
  return {
    magic,
    format: formatOfMagic(magic),
    flags,
    timeline: view.getUint32(4, true),
    address: lsn(view.getBigUint64(8, true)),
    remainingBytes: view.getUint32(16, true),
    sizeBytes: isLong ? longPageHeaderBytes : shortPageHeaderBytes,
    segment: isLong
      ? {
          systemIdentifier: view.getBigUint64(24, true),
          segmentSizeBytes: view.getUint32(32, true),
          blockSizeBytes: view.getUint32(36, true),
        }
      : undefined,
  };
}

/** What a page must be to belong to the WAL that is read. */
export interface ExpectedPage {
  readonly format: WalFormat;
  readonly address: Lsn;
  /** Timelines never go backwards. */
  readonly earliestTimeline: TimelineId;
  readonly segmentSizeBytes: number | undefined;
  readonly systemIdentifier: bigint | undefined;
}

/** Why a page does not belong to the WAL that is read: the WAL ends before it. */
export type PageProblem =
  | { readonly kind: 'bad-magic'; readonly actual: number }
  | { readonly kind: 'bad-page-flags'; readonly actual: number }
  | { readonly kind: 'foreign-system'; readonly expected: bigint; readonly actual: bigint }
  | { readonly kind: 'other-segment-size'; readonly expected: number; readonly actual: number }
  | { readonly kind: 'other-page-size'; readonly actual: number }
  | { readonly kind: 'wrong-page-address'; readonly actual: Lsn }
  | { readonly kind: 'timeline-backwards'; readonly latest: TimelineId; readonly actual: TimelineId };

/** The first of the checks that the servers make on a page, in their order, that `header` fails. Source: XLogReaderValidatePageHeader, access/transam/xlogreader.c. */
export function findPageProblem(header: PageHeader, expected: ExpectedPage): PageProblem | undefined {
  const { segment } = header;
  if (header.format !== expected.format) return { kind: 'bad-magic', actual: header.magic };
  if ((header.flags & ~expected.format.pageFlags) !== 0) return { kind: 'bad-page-flags', actual: header.flags };
  if (segment !== undefined) {
    if (expected.systemIdentifier !== undefined && segment.systemIdentifier !== expected.systemIdentifier) {
      return { kind: 'foreign-system', expected: expected.systemIdentifier, actual: segment.systemIdentifier };
    }
    if (expected.segmentSizeBytes !== undefined && segment.segmentSizeBytes !== expected.segmentSizeBytes) {
      return { kind: 'other-segment-size', expected: expected.segmentSizeBytes, actual: segment.segmentSizeBytes };
    }
    if (segment.blockSizeBytes !== walPageBytes) return { kind: 'other-page-size', actual: segment.blockSizeBytes };
  } else if (expected.segmentSizeBytes !== undefined && expected.address % BigInt(expected.segmentSizeBytes) === 0n) {
    return { kind: 'bad-page-flags', actual: header.flags };
  }
  if (header.address !== expected.address) return { kind: 'wrong-page-address', actual: header.address };
  if (header.timeline < expected.earliestTimeline) {
    return { kind: 'timeline-backwards', latest: expected.earliestTimeline, actual: header.timeline };
  }
  return undefined;
}
