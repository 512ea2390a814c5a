import { createHash } from 'node:crypto';
import { crc32c } from '../bytes/crc32c.ts';

/** The checksum algorithms of a manifest, spelt as it spells them. Source: common/checksum_helper.c of PostgreSQL. */
export const checksumAlgorithms = ['NONE', 'CRC32C', 'SHA224', 'SHA256', 'SHA384', 'SHA512'] as const;

export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

/** The algorithm that `text` names in any case, or undefined. */
export function parseChecksumAlgorithm(text: string): ChecksumAlgorithm | undefined {
  const name = text.toUpperCase();
  return checksumAlgorithms.find((algorithm) => algorithm === name);
}

/** Digits of the hexadecimal text of a checksum; 0 for NONE. */
export const checksumDigits: Readonly<Record<ChecksumAlgorithm, number>> = {
  NONE: 0,
  CRC32C: 8,
  SHA224: 56,
  SHA256: 64,
  SHA384: 96,
  SHA512: 128,
};

/** A checksum in the making. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Adds bytes; they may be reused by the caller as soon as this returns. */
  update(bytes: Uint8Array): void;
  /** Lower-case hex, `''` for NONE. Call once, last. */
  digestHex(): string;
}

/** A checksum over the bytes of one file, as a manifest states it. */
export function createChecksum(algorithm: ChecksumAlgorithm): Checksum {
  switch (algorithm) {
    case 'NONE':
      return { algorithm, update: () => undefined, digestHex: () => '' };
    case 'CRC32C': {
      let crc = 0;
      return {
        algorithm,
        update: (bytes) => {
          crc = crc32c(bytes, crc);
        },
        digestHex: () => crc32cHex(crc),
      };
    }
    case 'SHA224':
    case 'SHA256':
    case 'SHA384':
    case 'SHA512': {
      const hash = createHash(algorithm.toLowerCase());
      return {
        algorithm,
        update: (bytes) => {
          hash.update(bytes);
        },
        digestHex: () => hash.digest('hex'),
      };
    }
  }
}

/** The server writes its `pg_crc32c` variable byte by byte as it lies in memory: little-endian on every machine we serve. */
export function crc32cHex(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(crc);
  return bytes.toString('hex');
}

/** The CRC that `crc32cHex` gave as text. */
export function crc32cOfHex(text: string): number {
  return Buffer.from(text, 'hex').readUInt32LE();
}
