/** Where a PostgreSQL that is told `immediate` stops: it looks behind a record of a transaction, else before the next record. */
import { describe, expect, it } from 'vitest';
import { WalBuilder, type BuiltRecord } from '../../test/support/wal-builder.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { say } from '../messages/message.ts';
import { stopRulesOf, suppliedStopRulesOf } from '../server/stop-rules.ts';
import type { ReadLineSegment } from '../survey/read-line.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { WalEvent } from '../wal/wal-event.ts';
import type { BreakKind, LineItem } from '../window/wal-line.ts';
import { withImmediateStop } from './immediate-stop.ts';
import type { ProofRequest } from './proof-request.ts';
import { Replay } from './replay.ts';
import { proveTarget, type TargetProof } from './target-proof.ts';

const segmentSizeBytes = 1024 * 1024;

/** A standby's backup, whose first record is its checkpoint and which is consistent behind its third. */
class World {
  readonly wal = new WalBuilder({ magic: 0xd116, segmentSizeBytes });
  readonly records: BuiltRecord[] = [];
  kind: BreakKind = 'end';
  /** What the third record is. */
  isCommit = false;

  append(count: number): this {
    for (let done = 0; done < count; done += 1) {
      this.records.push(this.wal.append({ rmid: 10, info: 0, main: new Uint8Array(100) }));
    }
    return this;
  }

  record(number: number): BuiltRecord {
    return this.records[number - 1]!;
  }

  async prove(more: Partial<ProofRequest> = {}): Promise<TargetProof> {
    const request: ProofRequest = {
      backup: {
        name: 'b',
        label: undefined,
        startLsn: this.record(1).startLsn,
        checkpointLsn: this.record(1).startLsn,
        timeline: 1,
        stopLsn: this.record(3).endLsn,
      },
      target: { kind: 'immediate' },
      inclusive: true,
      action: 'pause',
      rules: stopRulesOf('postgresql'),
      supply: 'whole',
      allowEndOfWal: false,
      ...more,
    };
    const replay = new Replay(request);
    replay.take(this.#items());
    const read = async function* (this: World): AsyncGenerator<ReadLineSegment> {
      yield* await Promise.resolve(this.#segments());
    }.bind(this);
    return proveTarget(request, await withImmediateStop(request, replay.outcome(), read, {}));
  }

  #items(): LineItem[] {
    const place = (number: number): { startLsn: Lsn; endLsn: Lsn } => {
      const { startLsn, endLsn } = this.record(number);
      return { startLsn, endLsn };
    };
    const checkpoint: WalEvent = {
      ...{ kind: 'checkpoint', ...place(1), isShutdown: false, redoLsn: place(1).startLsn, timeline: 1 },
      ...{ previousTimeline: 1, fullPageWrites: true, nextXid: 10n, timeUs: 1_000n },
    };
    const commit: WalEvent = {
      ...{ kind: 'commit', ...place(3), headerXid: 11n, xid: 11n, subxids: [], timeUs: 2_000n },
      ...{ gid: undefined, droppedFiles: 0 },
    };
    const events = this.isCommit ? [checkpoint, commit] : [checkpoint];
    const reason = say('window.break.no-more');
    const broken = { kind: this.kind, firstSegment: 's', lastSegment: 's', segments: 1, reason };
    return [
      ...events.map((event): LineItem => ({ kind: 'event', event, segment: 's' })),
      { kind: 'break', endLsn: this.records.at(-1)!.endLsn, break: broken },
    ];
  }

  /** What finding the next record reads of a segment. */
  #segments(): ReadLineSegment[] {
    const bytes = this.wal.bytes({ wholeSegment: true });
    const segments: unknown[] = [];
    for (let at = 0; at < bytes.length; at += segmentSizeBytes) {
      const object = { read: () => onePiece(bytes.subarray(at, at + segmentSizeBytes)) };
      const startLsn = this.wal.startLsn + BigInt(at);
      segments.push({ startLsn, segmentSizeBytes, content: {}, found: { object } });
    }
    return segments as ReadLineSegment[];
  }
}

describe('a server that is told to stop as soon as it is consistent', () => {
  it('stops before the record that follows, which it has to be given', async () => {
    const world = new World().append(5);
    const proof = await world.prove();
    const { startLsn, endLsn } = world.record(4);
    expect(proof.stop).toMatchObject({ how: 'before', record: { startLsn, endLsn }, lsn: world.record(3).endLsn });
    expect(proof).toMatchObject({ neededEndLsn: endLsn, endLsn: startLsn, pause: 'yes' });
    expect(proof.written).toEqual({ target: { kind: 'immediate' }, inclusive: undefined });
  });

  it('needs the next segment where the backup is consistent at the end of one', async () => {
    const world = new World().append(2);
    world.records.push(world.wal.switchSegment());
    const proof = await world.append(1).prove();
    expect(proof.consistentLsn % BigInt(segmentSizeBytes)).toBe(0n);
    expect(proof.stop?.record).toEqual({
      startLsn: proof.consistentLsn + 40n,
      endLsn: world.record(4).endLsn,
    });
    expect(proof.neededEndLsn).toBe(world.record(4).endLsn);
  });

  it.each(['end', 'missing', 'pruned', 'damaged'] as const)(
    'does not stop where no record follows (%s): refused',
    async (kind) => {
      const world = new World().append(3);
      world.kind = kind;
      await expect(world.prove()).rejects.toMatchObject({
        code: 'TARGET_UNREACHABLE',
        kind: kind === 'pruned' ? 'pruned-before-target' : 'gap-before-target',
        sentence: { key: 'window.unreachable.nothing-behind' },
        hint: { key: 'window.unreachable.nothing-behind.hint' },
      });
    },
  );

  it('takes the end of the WAL where that is allowed, and then does not pause', async () => {
    const world = new World().append(3);
    const proof = await world.prove({ allowEndOfWal: true });
    expect(proof).toMatchObject({ stop: undefined, endLsn: world.record(3).endLsn, pause: 'impossible' });
    expect(proof.written.target).toEqual({ kind: 'latest' });
    await expect(world.prove({ allowEndOfWal: true, requirePause: true })).rejects.toMatchObject({
      sentence: { key: 'window.no-pause' },
    });
  });

  it('stops right behind a record of a transaction, whether one follows or not', async () => {
    const world = new World().append(3);
    world.isCommit = true;
    const proof = await world.prove();
    expect(proof.stop).toMatchObject({ how: 'after', event: { kind: 'commit' }, lsn: world.record(3).endLsn });
    expect(proof.neededEndLsn).toBe(world.record(3).endLsn);
    expect((await world.append(2).prove()).neededEndLsn).toBe(world.record(3).endLsn);
  });

  it('ends where its WAL is cut, which an openGauss is given', async () => {
    const world = new World().append(3);
    const proof = await world.prove({ supply: 'exact', rules: suppliedStopRulesOf('opengauss') });
    expect(proof).toMatchObject({ cutLsn: world.record(3).endLsn, endLsn: world.record(3).endLsn });
    const asked = world.prove({ rules: stopRulesOf('opengauss') });
    await expect(asked).rejects.toMatchObject({ sentence: { key: 'window.unreachable.no-immediate' } });
  });
});
