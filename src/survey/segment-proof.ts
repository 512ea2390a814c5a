import { createHash } from 'node:crypto';
import { render, say, type Message } from '../messages/message.ts';
import { decodeSealed, encodeSealed, isFields } from '../storage/sealed-json.ts';
import { formatLsn, parseLsn, type Lsn } from '../wal/lsn.ts';
import type { SegmentBorder } from '../wal/segment-border.ts';
import { decodeSegmentIndex, encodeSegmentIndex } from '../wal/segment-index-codec.ts';
import { indexUpTo, type SegmentIndex } from '../wal/segment-index.ts';
import type { SegmentReading } from './segment-reading.ts';

/** What a segment holds, as far as it can be used, or why nothing of it can. */
export type SegmentContent = SegmentIndex | { readonly damage: Message };

/** What is remembered of a segment that was read whole. */
export interface SegmentProof {
  /** Records before it were not judged. */
  readonly fromLsn: Lsn;
  readonly pageMagic: number;
  readonly border: SegmentBorder;
  /** SHA-256 (hex) of its first `keptBytes`. */
  readonly keptBytes: number;
  readonly sha256: string;
  /** `digestOf` what it holds. */
  readonly digest: string;
  /** What it holds where that is not what an index by itself says: it is damaged. */
  readonly instead: SegmentContent | undefined;
}

/** What is wrong with a segment; undefined: its WAL ends, or goes on. */
export function damageOf(content: SegmentContent): Message | undefined {
  if ('damage' in content) return content.damage;
  return content.end.kind === 'partial' ? content.end.damage : undefined;
}

/** Names a content. Two that a plan could tell apart have different names. */
export function digestOf(content: SegmentContent): string {
  if ('damage' in content) return 'damage';
  const isKnown = content.end.kind === 'partial' && content.end.damage !== undefined;
  return `${createHash('sha256').update(encodeSegmentIndex(content)).digest('hex')}${isKnown ? '+' : ''}`;
}

/** @param name of the segment and where it lies, for people */
export function proofOf(reading: SegmentReading, fromLsn: Lsn, name: string): SegmentProof {
  const { index, border, keptBytes, sha256 } = reading;
  const failure = reading.failure && say('survey.damaged-object', { name, reason: reading.failure });
  const instead = damagedContent({ ...reading, failure }, name);
  return {
    fromLsn,
    pageMagic: index.pageMagic,
    border,
    keptBytes,
    sha256,
    digest: digestOf(instead ?? index),
    instead,
  };
}

/** What can be used of a segment that is damaged; undefined of one that is not. */
function damagedContent({ index, damage, goesOn, failure }: SegmentReading, name: string): SegmentContent | undefined {
  if (index.pageMagic === 0) return failure === undefined ? undefined : { damage: failure };
  if (damage !== undefined) {
    // A last record with nothing behind it is what a crash leaves: the end of the WAL.
    const isEnd = index.last?.startLsn === damage.lsn && index.tail === undefined && !goesOn;
    const end = { kind: 'partial', lsn: damage.lsn, reason: 'bad-checksum' } as const;
    const reason = say('survey.damaged-record', {
      name,
      lsn: formatLsn(damage.lsn),
      reason: say(`wal.reason.${end.reason}`),
    });
    return indexUpTo(index, damage.last, isEnd ? end : { ...end, damage: reason });
  }
  if (failure !== undefined) return endedByDamage(index, failure);
  if (!goesOn || index.end.kind !== 'partial') return undefined;
  const { end } = index;
  const reason = say('survey.damaged-record', {
    name,
    lsn: formatLsn(end.lsn),
    reason: say(`wal.reason.${end.reason}`),
  });
  return endedByDamage(index, reason);
}

/** What can be used of a segment that cannot be read to its end. */
export function endedByDamage(index: SegmentIndex, damage: Message): SegmentContent {
  if (index.pageMagic === 0) return { damage };
  const end =
    index.end.kind === 'partial'
      ? index.end
      : ({ kind: 'partial', lsn: index.last?.endLsn ?? index.startLsn, reason: 'input-ended' } as const);
  return indexUpTo(index, index.last, { ...end, damage });
}

/** The stored form: a sealed line of JSON. docs/design/wal-index.md. */
export function encodeProof(proof: SegmentProof): Buffer {
  const { fromLsn, pageMagic, border, keptBytes, sha256, digest, instead } = proof;
  const { head, tail } = border;
  return encodeSealed({
    format: 1,
    from: formatLsn(fromLsn),
    pageMagic,
    head: head === undefined ? null : { ...head, prefix: hex(head.prefix) },
    tail: tail === undefined ? null : { ...tail, startLsn: formatLsn(tail.startLsn), header: hex(tail.header) },
    keptBytes,
    sha256,
    digest,
    instead: instead === undefined ? null : plainContent(instead),
  });
}

function plainContent(content: SegmentContent): Record<string, unknown> {
  if ('damage' in content) return { damage: render(content.damage) };
  const { damage } = content.end.kind === 'partial' ? content.end : {};
  const index = Buffer.from(encodeSegmentIndex(content)).toString('base64');
  return { index, damage: damage === undefined ? null : render(damage) };
}

/** @throws BackupError `CORRUPT`, `REPOSITORY_VERSION`; anything else where it was not written by `encodeProof` */
export function decodeProof(bytes: Uint8Array): SegmentProof {
  const fields = decodeSealed(bytes, 'proof');
  const { head, tail, instead } = fields;
  return {
    fromLsn: parseLsn(String(fields['from'])),
    pageMagic: Number(fields['pageMagic']),
    border: {
      head: isFields(head)
        ? {
            totalBytes: Number(head['totalBytes']),
            seenBytes: Number(head['seenBytes']),
            prefix: Buffer.from(String(head['prefix']), 'hex'),
            crc: Number(head['crc']),
          }
        : undefined,
      tail: isFields(tail)
        ? {
            startLsn: parseLsn(String(tail['startLsn'])),
            header: Buffer.from(String(tail['header']), 'hex'),
            bodyCrc: Number(tail['bodyCrc']),
          }
        : undefined,
    },
    keptBytes: Number(fields['keptBytes']),
    sha256: String(fields['sha256']),
    digest: String(fields['digest']),
    instead: isFields(instead) ? contentOf(instead) : undefined,
  };
}

function contentOf(fields: Readonly<Record<string, unknown>>): SegmentContent {
  const { damage: text, index: stored } = fields;
  const damage = typeof text === 'string' ? say('survey.known-damage', { reason: text }) : undefined;
  if (typeof stored !== 'string') return { damage: damage ?? say('survey.known-damage', { reason: '' }) };
  const index = decodeSegmentIndex(Buffer.from(stored, 'base64'));
  return index.end.kind === 'partial' && damage !== undefined ? { ...index, end: { ...index.end, damage } } : index;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
