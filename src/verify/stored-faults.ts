import { isDamage } from '../packs/damage.ts';
import type { ContentFault } from '../packs/damaged-files.ts';
import { render, type Message } from '../messages/message.ts';

/** More faults of one backup say nothing new. */
const mostFaults = 20;

/** What is wrong with one backup: each thing once, the first of them kept. */
export class StoredFaults {
  readonly kept: ContentFault[] = [];
  /** Files that are concerned, kept or not. */
  files = 0;
  readonly #seen = new Set<string>();

  /** @param file undefined: it is not known which */
  add(file: string | undefined, sentence: Message): void {
    if (file !== undefined) this.files += 1;
    if (this.kept.length === mostFaults) return;
    const key = `${file ?? ''}\n${render(sentence)}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.kept.push({ file, sentence });
  }

  /** @throws the error where it says nothing of what is stored */
  note(error: unknown): void {
    if (!isDamage(error)) throw error;
    this.add(undefined, error.sentence);
  }
}
