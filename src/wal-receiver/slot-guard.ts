import { setTimeout as delay } from 'node:timers/promises';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { SlotWatch } from '../replication/slot-watch.ts';
import { dropSlot } from '../replication/slots.ts';
import type { ChosenServer } from './choose-server.ts';
import type { ReceiverNews } from './events.ts';
import type { ReceiverProgress } from './receiver-progress.ts';
import type { ReceiverSlot } from './request.ts';

/** How often the server is asked about the slot, in ms; and while it retains too much. */
const askIntervalMs = 10_000;
const closerIntervalMs = 1000;
/** How long dropping is tried: a slot is free when the server has noticed that its receiver is gone. */
const dropPatienceMs = 10_000;
const dropPauseMs = 250;

export interface SlotGuardOptions {
  readonly slot: ReceiverSlot;
  readonly progress: ReceiverProgress;
  readonly tell: (news: ReceiverNews) => void;
  /** The slot retains more than is allowed, and the receiver is to end. */
  readonly onExceeded: (retainedBytes: number) => void;
}

/**
 * Watches how much WAL a slot makes its server retain, while a session streams: the server's end of WAL less the slot's restart_lsn.
 * What a server does not tell is not known, and nothing is done about it.
 */
export class SlotGuard {
  readonly #options: SlotGuardOptions;
  readonly #ended = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** The limits that were told, until it is below them again. */
  #told: 'nothing' | 'warn' | 'max' = 'nothing';
  /** What it retained when it was too much the last time. */
  #tooMuch: number | undefined;

  constructor(options: SlotGuardOptions) {
    this.#options = options;
  }

  /** Begins to ask the server of a session. Never fails. */
  start({ session, source }: ChosenServer): void {
    const watch = new SlotWatch({ settings: source, session, name: this.#options.slot.name });
    this.#running = this.#watch(watch)
      .catch(() => undefined)
      .then(() => watch.close());
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#running;
  }

  async #watch(watch: SlotWatch): Promise<void> {
    const { signal } = this.#ended;
    for (;;) {
      const { restartLsn } = await watch.ask({ signal });
      const end = this.#options.progress.serverEnd;
      if (restartLsn !== undefined && end !== undefined) {
        this.#judge(Number(end > restartLsn ? end - restartLsn : 0n));
      }
      await delay(this.#tooMuch === undefined ? askIntervalMs : closerIntervalMs, undefined, { signal });
    }
  }

  #judge(retained: number): void {
    const { slot, progress, tell, onExceeded } = this.#options;
    progress.retained(retained);
    const { name, warnBytes = Infinity, maxBytes = Infinity, onMax = 'warn' } = slot;
    const level = retained >= maxBytes ? 'max' : retained >= warnBytes ? 'warn' : 'nothing';
    const isNews = level !== this.#told;
    this.#told = level;
    const before = this.#tooMuch;
    this.#tooMuch = level === 'max' ? retained : undefined;
    // A receiver that catches up retains less from look to look: ending it would keep what is to be got rid of.
    if (level === 'max' && onMax !== 'warn' && before !== undefined && retained >= before) {
      onExceeded(retained);
      return;
    }
    if (!isNews || level === 'nothing') return;
    const [key, limit] =
      level === 'max' ? (['receiver.slot-max', maxBytes] as const) : (['receiver.slot-warn', warnBytes] as const);
    tell({ type: 'warning', sentence: say(key, { slot: name, retained, limit }) });
  }
}

/** What a receiver ends with whose slot retained too much. Drops the slot where that was asked for. */
export async function endForSlot(slot: ReceiverSlot, retained: number, chosen: ChosenServer): Promise<BackupError> {
  const parameters = { slot: slot.name, retained, limit: slot.maxBytes ?? 0 };
  if (slot.onMax !== 'drop') {
    return new BackupError('SLOT_LIMIT', say('receiver.slot-max', parameters), { hint: say('receiver.slot-max.hint') });
  }
  try {
    await dropFreeSlot(slot.name, chosen);
  } catch (cause) {
    const hint = say('receiver.slot-not-dropped.hint', {
      statement: `SELECT pg_drop_replication_slot('${slot.name}');`,
    });
    return new BackupError('SLOT_LIMIT', say('receiver.slot-not-dropped', parameters), { hint, cause });
  }
  return new BackupError('SLOT_LIMIT', say('receiver.slot-dropped', parameters), {
    hint: say('receiver.slot-dropped.hint'),
  });
}

/** Drops a slot that was in use a moment ago. */
export async function dropFreeSlot(name: string, { session }: Pick<ChosenServer, 'session'>): Promise<void> {
  const signal = AbortSignal.timeout(dropPatienceMs);
  for (;;) {
    try {
      const another = await session.openAnother({ signal });
      try {
        await dropSlot(another.connection, another.capabilities, name, { signal });
      } finally {
        another.connection.destroy();
      }
      return;
    } catch (error) {
      if (!(error instanceof BackupError) || !error.retryable || signal.aborted) throw error;
    }
    await delay(dropPauseMs, undefined, { signal });
  }
}
