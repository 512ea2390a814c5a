import type { MessageKey } from '../messages/message.ts';

/**
 * One option of a program: what the parser, `--help` and the reference are made from.
 * `long` is without dashes. An option without `argument` is a switch.
 */
export interface OptionSpec {
  readonly long: string;
  readonly short?: string;
  /** Further long spellings with the same meaning, accepted but not shown. */
  readonly aliases?: readonly string[];
  /** Placeholder of the value, for example `DIRECTORY`. */
  readonly argument?: string;
  /** A switch that takes a value in the spelling `--long=VALUE` only, for example `--progress=json`. */
  readonly inlineArgument?: string;
  /** The values there are, or those that one begins with, where the placeholder does not list them: for the completion of shells. */
  readonly values?: readonly string[];
  readonly repeatable?: boolean;
  /** A switch after which people put a secret by mistake: what follows is refused without being repeated. */
  readonly guardsSecret?: boolean;
  /** Accepted, not shown in `--help`. */
  readonly hidden?: boolean;
  /** No abbreviation of the long name stands for it. */
  readonly wholeNameOnly?: boolean;
  readonly help: MessageKey;
}

/** Options under one heading of `--help`. */
export interface OptionGroup {
  readonly title: MessageKey;
  readonly options: readonly OptionSpec[];
}

/** What a command line said: values by long name, in order; a switch has one '' per occurrence. */
export class GivenOptions {
  readonly #values: ReadonlyMap<string, readonly string[]>;
  readonly #order: readonly string[];
  readonly operands: readonly string[];

  /** @param order the long name of each option, as they came */
  constructor(values: ReadonlyMap<string, readonly string[]>, operands: readonly string[], order: readonly string[]) {
    this.#values = values;
    this.operands = operands;
    this.#order = order;
  }

  has(long: string): boolean {
    return this.#values.has(long);
  }

  /** How often it was given. */
  count(long: string): number {
    return this.#values.get(long)?.length ?? 0;
  }

  /** The last value given, as the original tools take it. */
  last(long: string): string | undefined {
    return this.#values.get(long)?.at(-1);
  }

  /** Which of two options that overrule each other came last. */
  lastOf(...longs: readonly string[]): string | undefined {
    return this.#order.findLast((long) => longs.includes(long));
  }

  all(long: string): readonly string[] {
    return this.#values.get(long) ?? [];
  }
}
