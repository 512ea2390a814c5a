import { checkSegmentSize } from '../wal/segment.ts';
import { damaged, decodeSealed, encodeSealed } from '../storage/sealed-json.ts';

/** Name of the object that makes a storage a WAL archive. */
export const identityName = 'gausskeep-archive.json';

/** Whose WAL an archive holds. Format: docs/design/wal-archive.md. */
export interface ArchiveIdentity {
  /** 32 hex digits, random: this archive and no other. */
  readonly archive: string;
  readonly systemIdentifier: bigint;
  /** Servers that write this WAL, for people and for comparison: the name of the WAL format, `PostgreSQL 17`, `openGauss`. */
  readonly product: string;
  /** Page magic of the first segment. */
  readonly walMagic: number;
  readonly segmentSizeBytes: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export function encodeIdentity(identity: ArchiveIdentity): Buffer {
  return encodeSealed({ format: 1, ...identity, systemIdentifier: identity.systemIdentifier.toString() });
}

/** @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export function decodeIdentity(bytes: Uint8Array): ArchiveIdentity {
  const fields = decodeSealed(bytes, identityName);
  const { archive, systemIdentifier, product, walMagic, segmentSizeBytes, createdAt } = fields;
  if (
    typeof archive !== 'string' ||
    !/^[0-9a-f]{32}$/.test(archive) ||
    typeof systemIdentifier !== 'string' ||
    !/^[0-9]{1,20}$/.test(systemIdentifier) ||
    typeof product !== 'string' ||
    typeof walMagic !== 'number' ||
    typeof segmentSizeBytes !== 'number' ||
    typeof createdAt !== 'string'
  ) {
    throw damaged(identityName);
  }
  checkSegmentSize(segmentSizeBytes);
  return { archive, systemIdentifier: BigInt(systemIdentifier), product, walMagic, segmentSizeBytes, createdAt };
}
