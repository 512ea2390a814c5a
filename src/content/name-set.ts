/** 32-bit words of a name's hash that are kept. */
const words = 3;
const firstCapacity = 1024;

/**
 * A set of names that keeps 96 bits of a hash of each, not the name: 18 to 36 bytes a name, 27 to 54 while it grows, whatever
 * its length. A name that was added is always found. Of a million names the chance that one is found which was not added
 * is below 10^-16; whoever makes names that collide on purpose gets them taken for the same.
 */
export class NameSet {
  #table = new Uint32Array(firstCapacity * words);
  #capacity = firstCapacity;
  #size = 0;
  readonly #hash = new Uint32Array(words);

  get size(): number {
    return this.#size;
  }

  /** @returns whether it is new */
  add(name: string): boolean {
    const at = this.#find(name);
    if (!this.#isFree(this.#table, at)) return false;
    this.#table.set(this.#hash, at);
    this.#size += 1;
    if (this.#size * 3 > this.#capacity * 2) this.#grow();
    return true;
  }

  has(name: string): boolean {
    return !this.#isFree(this.#table, this.#find(name));
  }

  /** Where it is, or where it would be put. Leaves its hash in `#hash`. */
  #find(name: string): number {
    hashInto(this.#hash, name);
    return this.#placeOf(this.#table, this.#capacity, this.#hash, 0);
  }

  #placeOf(table: Uint32Array, capacity: number, hashes: Uint32Array, from: number): number {
    const first = hashes[from] ?? 0;
    for (let slot = first % capacity; ; slot = (slot + 1) % capacity) {
      const at = slot * words;
      if (this.#isFree(table, at)) return at;
      if (table[at] === first && table[at + 1] === hashes[from + 1] && table[at + 2] === hashes[from + 2]) return at;
    }
  }

  /** No hash is nothing but zeros. */
  #isFree(table: Uint32Array, at: number): boolean {
    return table[at] === 0 && table[at + 1] === 0 && table[at + 2] === 0;
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    const table = new Uint32Array(capacity * words);
    for (let from = 0; from < this.#table.length; from += words) {
      if (this.#isFree(this.#table, from)) continue;
      table.set(this.#table.subarray(from, from + words), this.#placeOf(table, capacity, this.#table, from));
    }
    this.#table = table;
    this.#capacity = capacity;
  }
}

/** Three multiplicative hashes with odd constants of their own, each mixed at the end. */
function hashInto(hash: Uint32Array, name: string): void {
  let [a, b, c] = [0x9e37_79b9 ^ name.length, 0x85eb_ca6b, 0xc2b2_ae35];
  for (let at = 0; at < name.length; at += 1) {
    const code = name.charCodeAt(at) + 1;
    a = Math.imul(a ^ code, 0x01_00_01_93);
    b = Math.imul(b ^ (code << 8) ^ (a >>> 16), 0x5bd1_e995);
    c = Math.imul(c + code, 0x1b87_3593) ^ (b >>> 13);
  }
  hash[0] = mixed(a ^ (c >>> 7));
  hash[1] = mixed(b);
  hash[2] = mixed(c ^ (a >>> 9)) | 1;
}

function mixed(value: number): number {
  let bits = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return bits ^ (bits >>> 16);
}
