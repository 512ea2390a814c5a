import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { startWalReceiver, type ReceiveRequest, type ReceiverEvent, type WalReceiver } from '../../src/index.ts';
import { lsn, type Lsn } from '../../src/wal/lsn.ts';
import type { OpenSegment, SegmentPosition, WalStore } from '../../src/wal-receiver/wal-store.ts';

/** A receiver with everything that it told, to wait for. */
export class WatchedReceiver {
  readonly events: ReceiverEvent[] = [];
  readonly receiver: WalReceiver;
  #wake: (() => void)[] = [];

  constructor(request: ReceiveRequest) {
    // As often as there is a reason: no pauses.
    this.receiver = startWalReceiver(request, {
      random: () => -1,
      onEvent: (event) => {
        this.events.push(event);
        for (const wake of this.#wake.splice(0)) wake();
      },
    });
  }

  /** Resolves when `isSo`, looked at after each event and now and then. @throws what ended the receiver before */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      const ended = this.receiver.ended.then(({ reason }) => {
        if (!isSo()) throw new Error(`the receiver ended: ${reason}`);
      });
      let timer: NodeJS.Timeout | undefined;
      const soon = new Promise<void>((resolve) => (timer = setTimeout(resolve, 20)));
      const woken = new Promise<void>((resolve) => this.#wake.push(resolve));
      await Promise.race([woken, soon, ended]).finally(() => clearTimeout(timer));
    }
  }

  /** Everything up to here is durable, as the receiver says. */
  async durable(end: bigint): Promise<void> {
    await this.until(() => (this.receiver.status().durableLsn ?? 0n) >= end);
  }

  of(type: ReceiverEvent['type']): ReceiverEvent[] {
    return this.events.filter((event) => event.type === type);
  }
}

/** A store that tells up to where it has made durable what it took: what a sync or the end of a segment had before it began. */
export function noteDurable(store: WalStore, note: (end: Lsn) => void): WalStore {
  const watched = async (position: SegmentPosition): Promise<OpenSegment> => {
    const open = await store.open(position);
    let taken: bigint = position.startLsn;
    const made = async (make: () => Promise<void>): Promise<void> => {
      const end = taken;
      await make();
      note(lsn(end));
    };
    return {
      write: (bytes) => {
        taken += BigInt(bytes.length);
        return open.write(bytes);
      },
      sync: () => made(() => open.sync()),
      complete: () => made(() => open.complete()),
      close: () => made(() => open.close()),
    };
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === 'open') return watched;
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Bytes of WAL from a directory of plain segments, of whole ones or of the growing one. */
export function readWal(directory: string, from: bigint, to: bigint, segmentBytes = 16n << 20n): Buffer {
  const pieces: Buffer[] = [];
  for (let at = from; at < to;) {
    const number = at / segmentBytes;
    const end = to < (number + 1n) * segmentBytes ? to : (number + 1n) * segmentBytes;
    const perId = 0x1_0000_0000n / segmentBytes;
    const hex = (value: bigint): string => value.toString(16).toUpperCase().padStart(8, '0');
    const whole = join(directory, `00000001${hex(number / perId)}${hex(number % perId)}`);
    const file = openSync(existsSync(whole) ? whole : `${whole}.partial`, 'r');
    const piece = Buffer.alloc(Number(end - at));
    readSync(file, piece, 0, piece.length, Number(at % segmentBytes));
    closeSync(file);
    pieces.push(piece);
    at = end;
  }
  return Buffer.concat(pieces);
}

/** Every file of a directory that is WAL, by name. */
export function walFiles(directory: string): Map<string, Buffer> {
  const names = readdirSync(directory).filter((name) => !name.startsWith('.'));
  return new Map(names.sort().map((name) => [name, readFileSync(join(directory, name))]));
}

/** A digest of every file of a directory that is WAL, by name: to find that nothing was touched. */
export function walDigests(directory: string): ReadonlyMap<string, string> {
  const files = [...walFiles(directory)];
  return new Map(files.map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]));
}
