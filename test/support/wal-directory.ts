import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ByteSource } from '../../src/bytes/byte-reader.ts';
import { render } from '../../src/messages/message.ts';
import { parseLsn } from '../../src/wal/lsn.ts';
import { openWalDirectory, type WalDirectoryOptions } from '../../src/wal-receiver/directory-store.ts';
import type { SegmentPosition, WalStore } from '../../src/wal-receiver/wal-store.ts';

export const MiB = 1024 * 1024;
export const systemIdentifier = '7000000000000000001';

/** A directory to receive WAL into, and the stores that a test opens on it. */
export class TestWalDirectory {
  readonly path = mkdtempSync(join(tmpdir(), 'wal-directory-'));
  readonly warnings: string[] = [];
  readonly #stores: WalStore[] = [];

  async begun(segmentSizeBytes = MiB, options: Partial<WalDirectoryOptions> = {}): Promise<WalStore> {
    const onWarning: WalDirectoryOptions['onWarning'] = (sentence) => void this.warnings.push(render(sentence));
    const store = await openWalDirectory({ directory: this.path, onWarning, ...options });
    this.#stores.push(store);
    await store.begin({ systemIdentifier, segmentSizeBytes });
    return store;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  names(): string[] {
    return readdirSync(this.path).sort();
  }

  async remove(): Promise<void> {
    for (const store of this.#stores) await store.close();
    rmSync(this.path, { recursive: true });
  }
}

/** Bytes that look like WAL of the instance from `startLsn` on: a first page, and then what compresses and what does not. */
export function walBytes(startLsn: bigint, length: number, segmentSizeBytes = MiB): Buffer {
  const bytes = Buffer.alloc(length);
  let state = Number(startLsn % 0xffff_ffffn) | 1;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = (at >> 13) % 2 === 0 ? 65 + ((state >>> 16) % 4) : (state >>> 16) | 1;
  }
  bytes.writeUInt16LE(0xd110, 0);
  bytes.writeUInt16LE(0x0002, 2);
  bytes.writeUInt32LE(1, 4);
  bytes.writeBigUInt64LE(startLsn, 8);
  bytes.writeUInt32LE(0, 16);
  bytes.writeUInt32LE(0, 20);
  bytes.writeBigUInt64LE(BigInt(systemIdentifier), 24);
  bytes.writeUInt32LE(segmentSizeBytes, 32);
  bytes.writeUInt32LE(8192, 36);
  return bytes;
}

export async function contentOf(source: ByteSource | undefined): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source ?? []) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

export async function* sourceOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes);
}

/** Of timeline 1. */
export function positionAt(text: string): SegmentPosition {
  return { timeline: 1, startLsn: parseLsn(text) };
}
