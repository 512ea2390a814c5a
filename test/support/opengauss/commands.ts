import type { Fields } from '../scripted/messages.ts';
import { fatal, refusals } from './refusals.ts';
import { parseLsnText } from './wal-store.ts';

export interface BaseBackupCommand {
  readonly name: 'BASE_BACKUP';
  readonly label: string;
  /** Keywords given, without LABEL. */
  readonly options: ReadonlySet<string>;
}

export type ReplicationCommand =
  | BaseBackupCommand
  | { readonly name: 'IDENTIFY_SYSTEM' | 'IDENTIFY_VERSION' | 'IDENTIFY_MODE' | 'IDENTIFY_MAXLSN' | 'IDENTIFY_AZ' }
  | { readonly name: 'IDENTIFY_CHANNEL'; readonly channel: number }
  | { readonly name: 'FETCH_MOT_CHECKPOINT' }
  | { readonly name: 'CREATE_REPLICATION_SLOT'; readonly slot: string; readonly lsn: bigint }
  | { readonly name: 'DROP_REPLICATION_SLOT'; readonly slot: string }
  | { readonly name: 'START_REPLICATION'; readonly slot: string | undefined; readonly lsn: bigint }
  | { readonly name: 'SQL'; readonly text: string };

/** A command that the server refuses; every refusal ends the session. */
export class Refusal extends Error {
  readonly fields: Fields;
  constructor(refused: Fields) {
    super(refused['M'] ?? '');
    this.fields = refused;
  }
}

type Token = { readonly kind: 'word' | 'quoted' | 'string' | 'lsn' | 'number' | 'symbol'; readonly text: string };

const tokenPattern =
  /[ \t\n]+|'((?:[^']|'')*)'|"([^"]*)"|([0-9a-fA-F]+\/[0-9a-fA-F]+)|([0-9]+)|([A-Za-z_\u0080-\uffff][A-Za-z_\u0080-\uffff0-9$]*)|([^])/gu;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (const match of text.matchAll(tokenPattern)) {
    const [, string, quoted, lsn, number, word, symbol] = match;
    if (string !== undefined) found.push({ kind: 'string', text: string.replaceAll("''", "'") });
    else if (quoted !== undefined) found.push({ kind: 'quoted', text: quoted });
    else if (lsn !== undefined) found.push({ kind: 'lsn', text: lsn });
    else if (number !== undefined) found.push({ kind: 'number', text: number });
    else if (word !== undefined) found.push({ kind: 'word', text: word });
    else if (symbol !== undefined) found.push({ kind: 'symbol', text: symbol });
  }
  return found;
}

const baseBackupOptions: Readonly<Record<string, number>> = {
  LABEL: 1.0,
  PROGRESS: 1.0,
  FAST: 1.0,
  NOWAIT: 1.0,
  WAL: 1.0,
  TABLESPACE_MAP: 1.1,
  BUILDSTANDBY: 2.0,
  OBSMODE: 3.0,
  COPYSECUREFILE: 3.0,
  NEEDUPGRADEFILE: 3.0,
};

const keywords = new Set([
  'IDENTIFY_SYSTEM',
  'IDENTIFY_VERSION',
  'IDENTIFY_MODE',
  'IDENTIFY_MAXLSN',
  'IDENTIFY_AZ',
  'IDENTIFY_CHANNEL',
  'BASE_BACKUP',
  'FETCH_MOT_CHECKPOINT',
  'CREATE_REPLICATION_SLOT',
  'DROP_REPLICATION_SLOT',
  'START_REPLICATION',
]);

class Parser {
  readonly #tokens: readonly Token[];
  readonly #release: number;
  #at = 0;

  constructor(text: string, release: number) {
    const all = tokens(text);
    this.#tokens = all.at(-1)?.text === ';' && all.at(-1)?.kind === 'symbol' ? all.slice(0, -1) : all;
    this.#release = release;
  }

  #next(kind: Token['kind']): string {
    const token = this.#tokens[this.#at];
    if (token?.kind !== kind) throw new Refusal(refusals.parser);
    this.#at += 1;
    return token.text;
  }

  #keyword(): string {
    return this.#next('word').toUpperCase();
  }

  #peekKeyword(): string | undefined {
    const token = this.#tokens[this.#at];
    return token?.kind === 'word' ? token.text.toUpperCase() : undefined;
  }

  #slot(): string {
    if (this.#tokens[this.#at]?.kind === 'quoted') return this.#next('quoted');
    return this.#next('word').toLowerCase().slice(0, 63);
  }

  #lsn(): bigint {
    const lsn = parseLsnText(this.#next('lsn'));
    if (lsn === undefined) throw new Refusal(refusals.parser);
    return lsn;
  }

  #baseBackup(): BaseBackupCommand {
    const options = new Set<string>();
    let label = 'base backup';
    while (this.#at < this.#tokens.length) {
      const option = this.#keyword();
      if ((baseBackupOptions[option] ?? Number.POSITIVE_INFINITY) > this.#release) throw new Refusal(refusals.parser);
      if (options.has(option)) {
        throw new Refusal(fatal('42601', `duplicate option "${option.toLowerCase()}"`, { internal: 17452 }));
      }
      options.add(option);
      if (option === 'LABEL') label = this.#next('string');
    }
    options.delete('LABEL');
    return { name: 'BASE_BACKUP', label, options };
  }

  #parse(): ReplicationCommand {
    const name = this.#keyword();
    switch (name) {
      case 'IDENTIFY_SYSTEM':
      case 'IDENTIFY_VERSION':
      case 'IDENTIFY_MODE':
      case 'IDENTIFY_MAXLSN':
      case 'IDENTIFY_AZ':
      case 'FETCH_MOT_CHECKPOINT':
        return { name };
      case 'IDENTIFY_CHANNEL':
        return { name, channel: Number(this.#next('number')) };
      case 'BASE_BACKUP':
        return this.#baseBackup();
      case 'CREATE_REPLICATION_SLOT': {
        const slot = this.#slot();
        if (this.#keyword() !== 'PHYSICAL') throw new Refusal(refusals.parser);
        return { name, slot, lsn: this.#lsn() };
      }
      case 'DROP_REPLICATION_SLOT': {
        const slot = this.#slot();
        if (this.#peekKeyword() === 'WAIT' && this.#release >= 5) this.#at += 1;
        return { name, slot };
      }
      case 'START_REPLICATION': {
        const slotted = this.#peekKeyword() === 'SLOT';
        if (slotted) this.#at += 1;
        const slot = slotted ? this.#slot() : undefined;
        if (this.#peekKeyword() === 'PHYSICAL') this.#at += 1;
        return { name, slot, lsn: this.#lsn() };
      }
      default:
        throw new Refusal(refusals.parser);
    }
  }

  command(): ReplicationCommand {
    const command = this.#parse();
    if (this.#at < this.#tokens.length) throw new Refusal(refusals.parser);
    return command;
  }
}

/** The server looks at parentheses and double quotes before it parses, and knows nothing of strings there. */
function balanced(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0 && text.split('"').length % 2 === 1;
}

/**
 * Parses a command of a walsender session.
 * @param release 1.0 … 6.0: which options and commands exist
 */
export function parseCommand(text: string, release: number): ReplicationCommand {
  if (text.trim() === '') throw new Refusal(refusals.emptyCommand);
  const first = tokens(text)[0];
  if (first?.kind === 'word' && !keywords.has(first.text.toUpperCase()) && release >= 3.1) {
    return { name: 'SQL', text };
  }
  if (!balanced(text)) throw new Refusal(refusals.unbalanced);
  const slotWord = /_SLOT\s+"?([^\s"]+)/i.exec(text)?.[1] ?? '';
  if (slotWord.length >= 64) throw new Refusal(refusals.slotNameTooLong);
  return new Parser(text, release).command();
}
