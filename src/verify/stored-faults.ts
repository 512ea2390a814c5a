import { isDamage } from '../packs/damage.ts';
import { render, say, type Message } from '../messages/message.ts';

/** More faults of one backup say nothing new. */
const mostFaults = 20;
/** Files that are named with a fault. */
const mostNames = 3;

/** Something that is wrong with a backup of a repository, with what it concerns. */
export interface StoredFault {
  readonly sentence: Message;
  /** How many files it concerns, as far as that is known. */
  readonly files: number;
  /** The first of them, at most three. */
  readonly names: readonly string[];
}

/** What is wrong with one backup: each thing once, with the files that it concerns. Memory: by the objects that are damaged. */
export class StoredFaults {
  /** Files that are concerned. */
  files = 0;
  readonly #faults = new Map<string, { sentence: Message; files: number; names: string[] }>();

  /** Different things. */
  get count(): number {
    return this.#faults.size;
  }

  /** The first of them. */
  get kept(): readonly StoredFault[] {
    return [...this.#faults.values()].slice(0, mostFaults);
  }

  /** @param file undefined: it is not known which */
  add(file: string | undefined, sentence: Message): void {
    const group = groupOf(sentence);
    const key = group?.key ?? render(sentence);
    const fault = this.#faults.get(key) ?? { sentence, files: 0, names: [] };
    this.#faults.set(key, fault);
    if (group !== undefined && render(sentence) !== render(fault.sentence)) fault.sentence = group.sentence;
    if (file === undefined) return;
    this.files += 1;
    fault.files += 1;
    if (fault.names.length < mostNames) fault.names.push(file);
  }

  /** @throws the error where it says nothing of what is stored */
  note(error: unknown): void {
    if (!isDamage(error)) throw error;
    this.add(undefined, error.sentence);
  }
}

/** What is wrong in several places of one object is one thing, and what is said of all of them. Undefined: a sentence that says it all. */
function groupOf({ key, parameters }: Message): { readonly key: string; readonly sentence: Message } | undefined {
  const { object } = parameters;
  if (typeof object !== 'string') return undefined;
  switch (key) {
    case 'packs.wrong-block':
      return { key: `wrong\n${object}`, sentence: say('verify-stored.wrong-content', { object }) };
    case 'packs.damaged':
    case 'packs.damaged-chunk':
      return { key: `damaged\n${object}`, sentence: say('verify-stored.damaged-parts', { object }) };
    default:
      return undefined;
  }
}
