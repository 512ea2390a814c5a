import { setTimeout as delay } from 'node:timers/promises';
import { ServerError } from '../connection/server-error.ts';
import { BackupError, reasonFor } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { openReplicationSession, type SessionSettings } from '../replication/open-session.ts';
import { dropSlot } from '../replication/slots.ts';

/** How far the creation of a slot got, as the WAL receiver reports it. */
export type SlotCreation = 'not-created' | 'asked' | 'created';

export interface OwnedSlotPlace {
  readonly settings: SessionSettings;
  readonly systemIdentifier: string;
  readonly name: string;
  /** Whether there was none of that name before; undefined where the server did not tell. */
  readonly wasMissing: boolean | undefined;
}

/** How long dropping is tried: a used slot is free only when the server has noticed that its receiver is gone. */
const patienceMs = 10_000;
const pauseMs = 250;
/** A server that was asked to create the slot may still be at it when the connection that asked is gone. */
const lateCreationMs = 2000;

/** The permanent slot that a backup created: its own until the backup is published, and dropped if it never is. */
export class OwnedSlot {
  readonly #place: OwnedSlotPlace;
  #creation: SlotCreation = 'not-created';

  constructor(place: OwnedSlotPlace) {
    this.#place = place;
  }

  note(creation: SlotCreation): void {
    this.#creation = creation;
  }

  /** What a user must know who ends the process before it has ended by itself; undefined: nothing was asked for. */
  get owed(): Message | undefined {
    if (this.#creation === 'not-created') return undefined;
    const place = { slot: this.#place.name, statement: this.#statement };
    return this.#isOurs ? say('backup.slot-abandoned', place) : say('backup.slot-unsure', place);
  }

  get #statement(): string {
    return `SELECT pg_drop_replication_slot('${this.#place.name}');`;
  }

  /** Asked for without an answer: it is ours only if nobody had one of that name before. */
  get #isOurs(): boolean {
    return this.#creation === 'created' || this.#place.wasMissing === true;
  }

  /**
   * Drops the slot over a new connection, if this run created it; a session that had it must be closed already. Never throws.
   * @returns what the user must know where that failed: which slot is left, and the statement that drops it
   */
  async drop(onStep: (sentence: Message) => void): Promise<Message | undefined> {
    const slot = this.#place.name;
    if (this.#creation === 'not-created') return undefined;
    const statement = this.#statement;
    if (!this.#isOurs) return say('backup.slot-unsure', { slot, statement });
    onStep(say('backup.step-slot-drop', { slot }));
    const failure = await this.#tryToDrop();
    return failure === undefined ? undefined : say('backup.slot-left', { slot, statement, reason: reasonFor(failure) });
  }

  async #tryToDrop(): Promise<unknown> {
    const begunMs = performance.now();
    const patience = AbortSignal.timeout(patienceMs);
    for (;;) {
      try {
        await this.#dropOnce(patience);
        return undefined;
      } catch (error) {
        const passedMs = performance.now() - begunMs;
        if (error instanceof ServerError && error.sqlState === '42704') {
          if (this.#creation === 'created' || passedMs > lateCreationMs) return undefined;
        } else if (!mayPass(error) || passedMs + pauseMs > patienceMs) {
          return patience.aborted ? new BackupError('SERVER_UNREACHABLE', say('connection.time-out')) : error;
        }
      }
      await delay(pauseMs);
    }
  }

  async #dropOnce(signal: AbortSignal): Promise<void> {
    const { settings, systemIdentifier, name } = this.#place;
    const session = await openReplicationSession(settings, { systemIdentifier, signal });
    try {
      await dropSlot(session.connection, session.capabilities, name, { signal });
      await session.connection.close();
    } finally {
      session.connection.destroy();
    }
  }
}

/** Still in use, all places taken, or a network that may come back. */
function mayPass(error: unknown): boolean {
  return error instanceof BackupError && (error.retryable || error.code === 'LOCKED');
}
