import type { ReadLineSegment } from './read-line.ts';
import type { WalKnowledge } from './wal-knowledge.ts';

/** Counts files of segments, each once, and those of which every byte was read before. */
export class Readings {
  readonly #knowledge: WalKnowledge;
  readonly #isWhole = new Map<string, boolean>();

  constructor(knowledge: WalKnowledge) {
    this.#knowledge = knowledge;
  }

  async *counted(segments: AsyncIterable<ReadLineSegment>): AsyncGenerator<ReadLineSegment, void, undefined> {
    for await (const segment of segments) {
      const { place, object } = segment.found;
      // Generations inherit files of each other.
      const name = `${place.directory ?? ''}\0${object.storedName}`;
      if (this.#isWhole.get(name) !== true) {
        const proof = await this.#knowledge.proofOf(place, object);
        // A plan does not judge what lies before its backup begins.
        this.#isWhole.set(name, proof !== undefined && proof.fromLsn <= segment.startLsn);
      }
      yield segment;
    }
  }

  get counts(): { readonly count: number; readonly readWhole: number } {
    const whole = [...this.#isWhole.values()].filter((isWhole) => isWhole);
    return { count: this.#isWhole.size, readWhole: whole.length };
  }
}
