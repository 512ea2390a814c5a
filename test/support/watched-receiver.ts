import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startWalReceiver, type ReceiveRequest, type ReceiverEvent, type WalReceiver } from '../../src/index.ts';

type EventType = ReceiverEvent['type'];
type EventOfType<Type extends EventType> = Extract<ReceiverEvent, { type: Type }>;

/** A receiver with everything that it told, to be waited for. */
export class WatchedReceiver {
  readonly events: ReceiverEvent[] = [];
  readonly receiver: WalReceiver;
  readonly #listeners = new Set<(event: ReceiverEvent) => void>();

  constructor(request: ReceiveRequest) {
    this.receiver = startWalReceiver(request, {
      onEvent: (event) => {
        this.events.push(event);
        for (const listener of this.#listeners) listener(event);
      },
      random: () => 0,
    });
  }

  /** Resolves with the first event of a type that fits, also one that was told before; rejects when the receiver ends first. */
  async seen<Type extends EventType>(
    type: Type,
    fits: (event: EventOfType<Type>) => boolean = () => true,
    from = 0,
  ): Promise<EventOfType<Type>> {
    const wanted = (event: ReceiverEvent): event is EventOfType<Type> =>
      event.type === type && fits(event as EventOfType<Type>);
    const before = this.events.slice(from).find(wanted);
    if (before !== undefined) return before;
    let listener: (event: ReceiverEvent) => void = () => undefined;
    const found = new Promise<EventOfType<Type>>((resolve) => {
      listener = (event) => {
        if (wanted(event)) resolve(event);
      };
      this.#listeners.add(listener);
    });
    try {
      return await Promise.race([
        found,
        this.receiver.ended.then((end) => {
          throw new Error(`the receiver ended before "${type}": ${end.reason}`);
        }),
      ]);
    } finally {
      this.#listeners.delete(listener);
    }
  }

  /** What it ended with; rejects when it ended well. */
  async failure(): Promise<unknown> {
    const end = await this.receiver.ended.catch((error: unknown) => ({ error }));
    if ('error' in end) return end.error;
    throw new Error(`the receiver ended well: ${end.reason}`);
  }
}

/** What the files of a directory of WAL hold (their SHA-256), by name, those left aside that begin with a dot. */
export function walFiles(directory: string): Record<string, string> {
  const names = readdirSync(directory).filter((name) => !name.startsWith('.'));
  return Object.fromEntries(names.sort().map((name) => [name, hashOf(join(directory, name))]));
}

/** SHA-256 of a file, hex. Whole files are never given to an assertion: their difference would be printed. */
export function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Names of the whole segments of a directory. */
export function segmentNames(directory: string): string[] {
  return Object.keys(walFiles(directory)).filter((name) => /^[0-9A-F]{24}$/.test(name));
}
