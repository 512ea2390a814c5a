import { reasonOf } from '../errors/backup-error.ts';
import type { WalStream } from '../replication/wal-stream.ts';
import { defaultSegmentSizeBytes, type TimelineId } from '../wal/segment.ts';
import { noLsn, type Lsn } from '../wal/lsn.ts';
import type { ReceiverState, ReceiverStatus } from './receiver-status.ts';
import type { WalGap } from './wal-store.ts';

/** What a receiver knows of itself from moment to moment. */
export class ReceiverProgress {
  readonly #slotName: string | undefined;
  #state: ReceiverState = 'connecting';
  #server: string | undefined;
  #systemIdentifier: string | undefined;
  #segmentSizeBytes = defaultSegmentSizeBytes;
  #timeline: TimelineId | undefined;
  #stream: WalStream | undefined;
  #received: Lsn | undefined;
  #durable: Lsn | undefined;
  #acknowledged: Lsn | undefined;
  #serverEnd: Lsn | undefined;
  #caughtUpAtMs: number | undefined;
  #retainedBytes: number | undefined;
  #reconnects = 0;
  #wasLost = false;
  #receivedBytes = 0;
  #problem: string | undefined;
  readonly #gaps: WalGap[] = [];

  constructor(slotName: string | undefined) {
    this.#slotName = slotName;
  }

  get systemIdentifier(): string | undefined {
    return this.#systemIdentifier;
  }

  get segmentSizeBytes(): number {
    return this.#segmentSizeBytes;
  }

  /** End of WAL on the server, as far as it was heard. */
  get serverEnd(): Lsn | undefined {
    this.#look();
    return this.#serverEnd;
  }

  enter(state: ReceiverState): void {
    this.#state = state;
  }

  connected(to: {
    readonly server: string;
    readonly systemIdentifier: string;
    readonly segmentSizeBytes: number;
  }): void {
    this.#server = to.server;
    this.#systemIdentifier = to.systemIdentifier;
    this.#segmentSizeBytes = to.segmentSizeBytes;
    if (this.#wasLost) this.#reconnects += 1;
    this.#wasLost = false;
  }

  streaming(stream: WalStream, timeline: TimelineId, state: ReceiverState): void {
    this.#stream = stream;
    // What was received of the timeline before says nothing of this one, which may begin before that.
    if (timeline !== this.#timeline) {
      this.#received = undefined;
      this.#durable = undefined;
      this.#acknowledged = undefined;
    }
    this.#timeline = timeline;
    this.#state = state;
    this.#problem = undefined;
  }

  streamEnded(): void {
    this.#look();
    this.#stream = undefined;
  }

  received(bytes: number, position: Lsn): void {
    this.#receivedBytes += bytes;
    this.#received = later(this.#received, position);
  }

  durable(position: Lsn): void {
    this.#durable = later(this.#durable, position);
    this.#look();
  }

  acknowledged(position: Lsn): void {
    this.#acknowledged = position;
  }

  retained(bytes: number | undefined): void {
    this.#retainedBytes = bytes;
  }

  gap(gap: WalGap): void {
    this.#gaps.push(gap);
  }

  /** @param failure undefined: the server ended the stream in order */
  lost(failure: unknown): void {
    this.#wasLost = true;
    this.#problem = failure === undefined ? undefined : reasonOf(failure);
  }

  failed(failure: unknown): void {
    this.#problem = reasonOf(failure);
  }

  status(): ReceiverStatus {
    this.#look();
    const [durable, end] = [this.#durable, this.#serverEnd];
    return {
      state: this.#state,
      server: this.#server,
      systemIdentifier: this.#systemIdentifier,
      timeline: this.#timeline,
      receivedLsn: this.#received,
      durableLsn: durable,
      acknowledgedLsn: this.#acknowledged,
      serverEndLsn: end,
      lagBytes: durable === undefined || end === undefined ? undefined : Number(end > durable ? end - durable : 0n),
      caughtUpAtMs: this.#caughtUpAtMs,
      slot: this.#slotName === undefined ? undefined : { name: this.#slotName, retainedBytes: this.#retainedBytes },
      reconnects: this.#reconnects,
      receivedBytes: this.#receivedBytes,
      gaps: [...this.#gaps],
      problem: this.#problem,
    };
  }

  /** What the stream heard of the server's end of WAL. Nothing lacked when it was heard, if that is durable. */
  #look(): void {
    const stream = this.#stream;
    if (stream === undefined || stream.serverEnd === noLsn) return;
    this.#serverEnd = stream.serverEnd;
    if (this.#durable !== undefined && this.#durable >= stream.serverEnd) this.#caughtUpAtMs = stream.heardAtMs;
  }
}

function later(known: Lsn | undefined, position: Lsn): Lsn {
  return known === undefined || position > known ? position : known;
}
