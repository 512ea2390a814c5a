/** Why this reader gives nothing back. The words are those of docs/design/repository.md. */
export type RefusalCode =
  | 'CORRUPT'
  | 'REPOSITORY_VERSION'
  | 'WRONG_PASSWORD'
  | 'DAMAGED_KEY'
  | 'NOT_FOUND'
  | 'USAGE'
  /** Sound as far as can be told, but nothing that this reader can read: a codec that this Node lacks. */
  | 'UNSUPPORTED';

export class Refusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.code = code;
  }
}

/** @throws Refusal `CORRUPT` with `message` unless `sound` */
export function must(sound: boolean, message: string): asserts sound {
  if (!sound) throw new Refusal('CORRUPT', message);
}
