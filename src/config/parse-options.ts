import { parseArgs } from 'node:util';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { beginsAsStore, beginsAsUrl } from './place-words.ts';
import { GivenOptions, type OptionGroup, type OptionSpec } from './option-table.ts';

/** An option token of node:util parseArgs: `value` is undefined for a switch or a missing value. */
interface OptionToken {
  readonly kind: 'option';
  readonly index: number;
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}
type Token =
  OptionToken | { kind: 'positional'; index: number; value: string } | { kind: 'option-terminator'; index: number };

/** Placeholders of what is on this host. */
const pathArguments = ['BACKUP', 'DIR', 'DIRECTORY', 'FILE', 'OLDMANIFEST', 'PATH', 'WALDIR'];
/** Commands that do not take them in an object store say why themselves. */
const mayBeInStore = ['archive', 'repo'];

interface Lexicon {
  readonly byLong: ReadonlyMap<string, OptionSpec>;
  readonly byShort: ReadonlyMap<string, OptionSpec>;
}

/**
 * Reads a command line as getopt_long does: clustered and attached short forms, `--long value`, `--long=value`, unique
 * abbreviations of long names, `--` ends the options; a value may begin with a dash.
 * @throws BackupError `USAGE`
 */
export function parseOptions(program: string, groups: readonly OptionGroup[], argv: readonly string[]): GivenOptions {
  // Node replaces what is no UTF-8: success would be said of another file than the one that was named.
  const garbled = argv.find((word) => word.includes('\uFFFD'));
  if (garbled !== undefined) throw usage(program, say('options.not-utf8', { word: garbled }));
  const lexicon = lexiconOf(groups);
  const tokens = tokensOf(program, lexicon, [...argv]);
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  const order: string[] = [];
  let guard: number | undefined;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      if (guard !== undefined && token.index <= guard + 1)
        throw usage(program, say('options.secret-after', { option: '-W' }));
      operands.push(token.value);
      continue;
    }
    const spec = specOf(program, lexicon, token, argv[token.index] ?? token.rawName, guard === token.index);
    if (spec.guardsSecret === true) guard = token.index;
    const list = values.get(spec.long) ?? [];
    list.push(valueOf(program, spec, token));
    values.set(spec.long, list);
    order.push(spec.long);
  }
  return new GivenOptions(values, operands, order);
}

/** The error for a wrong command line, with the pointer to `--help` that users know. */
export function usage(program: string, sentence: Message): BackupError {
  return new BackupError('USAGE', sentence, { hint: say('options.try-help', { program }) });
}

/** The error for a word that a command does not take. A place in a store is such a word for some commands, and the value of an option for the others. */
export function extraWord(program: string, word: string): BackupError {
  const error = usage(program, say('options.too-many', { word }));
  const hint = placeHint(word);
  return hint === undefined ? error : error.with({ hint });
}

function placeHint(word: string): Message | undefined {
  if (beginsAsUrl(word)) return say('options.no-url.hint');
  return beginsAsStore(word) ? say('options.no-place.hint') : undefined;
}

/** @throws BackupError `USAGE` for a place in an object store, or a URL, where a path of this host is wanted */
export function refuseStore(what: string, path: string): void {
  if (beginsAsUrl(path)) {
    throw new BackupError('USAGE', say('options.no-url', { option: what }), { hint: say('options.no-url.hint') });
  }
  if (!beginsAsStore(path)) return;
  throw new BackupError('USAGE', say('options.no-place', { option: what }), { hint: say('options.no-place.hint') });
}

/**
 * The error for a word too many. Behind a connection string it is likely to be a part of it that lacks its quotes, a password
 * maybe: then it is not repeated.
 */
export function tooMany(program: string, given: GivenOptions, word: string): BackupError {
  return given.has('dbname') ? usage(program, say('options.too-many-hidden')) : extraWord(program, word);
}

function lexiconOf(groups: readonly OptionGroup[]): Lexicon {
  const byLong = new Map<string, OptionSpec>();
  const byShort = new Map<string, OptionSpec>();
  for (const spec of groups.flatMap((group) => group.options)) {
    for (const name of [spec.long, ...(spec.aliases ?? [])]) byLong.set(name, spec);
    if (spec.short !== undefined) byShort.set(spec.short, spec);
  }
  return { byLong, byShort };
}

/** Lexes with node:util, again each time an abbreviation was replaced by the name it stands for. */
function tokensOf(program: string, { byLong, byShort }: Lexicon, args: string[]): readonly Token[] {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {};
  for (const [name, spec] of byLong) options[name] = { type: spec.argument === undefined ? 'boolean' : 'string' };
  for (const [short, spec] of byShort)
    options[spec.long] = { ...options[spec.long], short } as (typeof options)[string];
  for (;;) {
    const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true });
    const unknown = tokens.find(
      (token) => token.kind === 'option' && token.rawName.startsWith('--') && !byLong.has(token.name),
    );
    if (unknown?.kind !== 'option') return tokens;
    const specs = [...byLong].filter(([name, spec]) => name.startsWith(unknown.name) && spec.wholeNameOnly !== true);
    const meant = new Set(specs.map(([, spec]) => spec));
    const [name] = specs[0] ?? [];
    if (name === undefined) throw usage(program, say('options.unknown', { option: unknown.rawName }));
    if (meant.size > 1) {
      const candidates = specs.map(([candidate]) => `--${candidate}`).join(' ');
      throw usage(program, say('options.ambiguous', { option: unknown.rawName, candidates }));
    }
    args[unknown.index] = `--${name}${(args[unknown.index] ?? '').slice(unknown.rawName.length)}`;
  }
}

function specOf(
  program: string,
  { byLong }: Lexicon,
  token: OptionToken,
  word: string,
  afterGuard: boolean,
): OptionSpec {
  const spec = byLong.get(token.name);
  // Letters behind -W in the same word may be a password: none of them is repeated, and none takes a value.
  if (afterGuard && (spec === undefined || spec.argument !== undefined)) {
    throw usage(program, say('options.secret-after', { option: '-W' }));
  }
  if (spec !== undefined) return spec;
  const shown = word.startsWith('--') ? token.rawName : `-${token.name}`;
  throw usage(program, say('options.unknown', { option: shown }));
}

/** A directory of the name `s3:` or `https:` is hardly meant. @throws BackupError `USAGE` */
function refusePlaceInStore({ long, argument = '' }: OptionSpec, value: string): void {
  if (pathArguments.includes(argument) && !mayBeInStore.includes(long)) refuseStore(`--${long}`, value);
}

function valueOf(program: string, spec: OptionSpec, token: OptionToken): string {
  const given = token.value;
  if (spec.argument !== undefined) {
    if (given === undefined) throw usage(program, say('options.needs-value', { option: token.rawName }));
    refusePlaceInStore(spec, given);
    return given;
  }
  if (given === undefined) return '';
  if (spec.inlineArgument !== undefined && given !== '') return given;
  if (spec.guardsSecret === true) throw usage(program, say('options.secret-after', { option: token.rawName }));
  throw usage(program, say('options.takes-no-value', { option: token.rawName }));
}
