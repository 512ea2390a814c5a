/** Words of an entry: 64 bits of the name's hash, chunk + 1, place. */
const words = 4;
const firstCapacity = 1024;
/** More names are not believed before they come: what says how many there are may be damaged. */
const mostExpected = 4 * 1024 * 1024;

/** Where the record of a file is: its chunk of records, and which of the records there. */
export interface RecordPlace {
  readonly chunk: number;
  readonly place: number;
}

/**
 * Places of records by the hash of a name, not the name: whoever finds one compares the name there. 24 bytes a name where it is said how many
 * come, else 24 to 48, and half as much more while it grows.
 * Of two names with the same hash the first is found.
 */
export class NameIndex {
  #capacity: number;
  #table: Uint32Array;
  #size = 0;

  /** @param expected names, about */
  constructor(expected = 0) {
    this.#capacity = Math.max(firstCapacity, Math.ceil(Math.min(expected, mostExpected) * 1.5) + 1);
    this.#table = new Uint32Array(this.#capacity * words);
  }

  add(name: string, chunk: number, place: number): void {
    if (this.#size * 3 >= this.#capacity * 2) this.#grow();
    const [low, high] = hashOf(name);
    const at = this.#placeOf(low, high);
    if (this.#table[at + 2] !== 0) return;
    this.#table.set([low, high, chunk + 1, place], at);
    this.#size += 1;
  }

  find(name: string): RecordPlace | undefined {
    const at = this.#placeOf(...hashOf(name));
    const chunk = this.#table[at + 2] ?? 0;
    return chunk === 0 ? undefined : { chunk: chunk - 1, place: this.#table[at + 3] ?? 0 };
  }

  /** Where the entry is, or would be put. */
  #placeOf(low: number, high: number): number {
    for (let slot = low % this.#capacity; ; slot = (slot + 1) % this.#capacity) {
      const at = slot * words;
      const isFree = this.#table[at + 2] === 0;
      if (isFree || (this.#table[at] === low && this.#table[at + 1] === high)) return at;
    }
  }

  #grow(): void {
    const old = this.#table;
    this.#capacity *= 2;
    this.#table = new Uint32Array(this.#capacity * words);
    for (let from = 0; from < old.length; from += words) {
      if (old[from + 2] === 0) continue;
      this.#table.set(old.subarray(from, from + words), this.#placeOf(old[from] ?? 0, old[from + 1] ?? 0));
    }
  }
}

/** Two hashes of 32 bits that have nothing to do with each other. Not for names that somebody makes collide: see above. */
function hashOf(name: string): [low: number, high: number] {
  let [low, high] = [0x9e37_79b9 ^ name.length, 0x85eb_ca6b];
  for (let at = 0; at < name.length; at += 1) {
    const code = name.charCodeAt(at) + 1;
    low = Math.imul(low ^ code, 0x0100_0193);
    high = Math.imul(high ^ (code << 8) ^ (high >>> 15), 0x5bd1_e995);
  }
  return [mixed(low), mixed(high ^ (low >>> 7))];
}

function mixed(value: number): number {
  let bits = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
