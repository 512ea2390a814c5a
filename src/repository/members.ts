import { damaged, decodeSealed, type JsonFields } from '../storage/sealed-json.ts';
import { isLsnText } from '../wal-archive/generation.ts';
import { parseLsn, type Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import { isId } from './names.ts';

/** Reads the members of a sealed object; what is not as it must be is `CORRUPT`, with the object's name. */
export class Members {
  readonly #fields: JsonFields;
  readonly #name: string;

  private constructor(fields: JsonFields, name: string) {
    this.#fields = fields;
    this.#name = name;
  }

  /** @throws BackupError `CORRUPT`; `REPOSITORY_VERSION` when the object's format is newer */
  static of(bytes: Uint8Array, name: string): Members {
    return new Members(decodeSealed(bytes, name), name);
  }

  text(member: string): string {
    return this.#as(member, isText);
  }

  textOrNull(member: string): string | undefined {
    return this.isNull(member) ? undefined : this.text(member);
  }

  /** 1 … 32 lower-case letters and hyphens. */
  word(member: string): string {
    return this.#as(member, isWord);
  }

  oneOf<Word extends string>(member: string, words: readonly Word[]): Word {
    return this.#as(member, (value): value is Word => words.some((word) => word === value));
  }

  flag(member: string): boolean {
    return this.#as(member, (value): value is boolean => typeof value === 'boolean');
  }

  /** A whole number, 0 … 2^53-1. */
  count(member: string): number {
    return this.#as(member, isCount);
  }

  id(member: string): string {
    return this.#as(member, isId);
  }

  idOrNull(member: string): string | undefined {
    return this.isNull(member) ? undefined : this.id(member);
  }

  /** A number of a timeline. */
  timeline(member: string): TimelineId {
    return this.#as(member, isTimeline);
  }

  /** An unsigned number of 64 bits as decimal digits. */
  bigNumber(member: string): bigint {
    return BigInt(this.#as(member, isDigits));
  }

  position(member: string): Lsn {
    return parseLsn(this.#as(member, isLsnText));
  }

  /** ISO 8601 in UTC. */
  time(member: string): string {
    return this.#as(member, isTime);
  }

  timeOrNull(member: string): string | undefined {
    return this.isNull(member) ? undefined : this.time(member);
  }

  list<Item>(member: string, decode: (value: unknown) => Item | undefined): Item[] {
    const values = this.#as(member, (value): value is unknown[] => Array.isArray(value));
    return values.map((value) => decode(value) ?? this.refuse());
  }

  refuse(): never {
    throw damaged(this.#name);
  }

  has(member: string): boolean {
    return this.#fields[member] !== undefined;
  }

  isNull(member: string): boolean {
    return this.#fields[member] === null;
  }

  #as<Value>(member: string, fits: (value: unknown) => value is Value): Value {
    const value = this.#fields[member];
    return fits(value) ? value : this.refuse();
  }
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isTimeline(value: unknown): value is TimelineId {
  return isCount(value) && value >= 1 && value <= 0xffff_ffff;
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z-]{1,32}$/.test(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isDigits(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9]{1,20}$/.test(value);
}

function isTime(value: unknown): value is string {
  if (typeof value !== 'string' || !/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]{1,9})?Z$/.test(value))
    return false;
  return !Number.isNaN(Date.parse(value));
}
