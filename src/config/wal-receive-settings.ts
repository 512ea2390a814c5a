import { BackupError } from '../errors/backup-error.ts';
import { say, type MessageValue } from '../messages/message.ts';
import { parseWalCompression, type CompressionSetting } from './compression-option.ts';
import { parseInteger, parseSize } from './numbers.ts';
import type { GivenOptions } from './option-table.ts';
import { tooMany, usage } from './parse-options.ts';
import { listOf } from './host-list.ts';

/** What a command line of a WAL receiver asks for, checked for sense; connection settings and the archive are apart. */
export interface ReceiveSettings {
  readonly action: 'receive' | 'create-slot' | 'drop-slot';
  /** As given. */
  readonly directory: string | undefined;
  readonly slot: string | undefined;
  readonly ifNotExists: boolean;
  readonly compression: CompressionSetting;
  /** Position in the form `X/X`; undefined: none. */
  readonly endPosition: string | undefined;
  readonly synchronous: boolean;
  readonly sync: boolean;
  readonly reconnect: boolean;
  /** 0 reports never by itself. */
  readonly statusIntervalMs: number;
  /** Undefined waits for ever. */
  readonly inactivityTimeoutMs: number | undefined;
  /** One for all hosts or one for each. */
  readonly haPorts: readonly string[];
  readonly warnBytes: number | undefined;
  readonly maxBytes: number | undefined;
  readonly onMax: 'warn' | 'stop' | 'drop';
  readonly onGap: 'stop' | 'continue';
  readonly onFork: 'stop' | 'generation';
  readonly onUnproved: 'stop' | 'continue';
  readonly statusFile: string | undefined;
}

/** Seconds that fit into a timer, as in the original. */
const longestSeconds = 2_147_483;

/**
 * @param originalOnly the program is called by the name of the original, which receives into directories only
 * @throws BackupError `USAGE`, in the words and in the order of pg_receivewal for what that checks
 */
export function receiveSettings(
  program: string,
  given: GivenOptions,
  { originalOnly }: { readonly originalOnly: boolean },
): ReceiveSettings {
  const endPosition = endPositionOf(given);
  const statusIntervalMs = 1000 * secondsOf(given, 'status-interval', '-s/--status-interval', 10);
  const [operand] = given.operands;
  if (operand !== undefined) throw tooMany(program, given, operand);
  const action = actionOf(program, given);
  if (given.has('synchronous') && given.has('no-sync')) throw usage(program, say('receive.synchronous-no-sync'));
  const directory = given.last('directory');
  if (originalOnly && directory === undefined && action === 'receive') throw usage(program, say('receive.no-target'));
  if (directory === '') throw usage(program, say('receive.no-target'));
  const statusFile = given.last('status-file');
  if (statusFile === '') throw usage(program, say('receive.no-status-file'));
  const compression = parseWalCompression(given.last('compress') ?? 'none');
  if (directory !== undefined) checkDirectory(program, given);
  const timeout = secondsOf(given, 'rw-timeout', '--rw-timeout', 120);
  return {
    action,
    directory,
    slot: given.last('slot'),
    ifNotExists: given.has('if-not-exists'),
    compression,
    endPosition,
    synchronous: given.has('synchronous'),
    sync: !given.has('no-sync'),
    reconnect: !given.has('no-loop'),
    statusIntervalMs,
    inactivityTimeoutMs: timeout === 0 ? undefined : timeout * 1000,
    haPorts: haPortsOf(given),
    ...guardOf(program, given),
    onGap: choiceOf(given, 'on-gap', ['stop', 'continue']),
    onFork: choiceOf(given, 'on-fork', ['stop', 'generation']),
    onUnproved: choiceOf(given, 'on-unproved', ['stop', 'continue']),
    statusFile,
  };
}

function endPositionOf(given: GivenOptions): string | undefined {
  const text = given.last('endpos');
  if (text === undefined) return undefined;
  if (!/^[0-9a-fA-F]{1,8}\/[0-9a-fA-F]{1,8}$/.test(text)) {
    throw new BackupError('USAGE', say('receive.bad-endpos', { text }));
  }
  // Position 0 is none, as in the original.
  return /^0+\/0+$/.test(text) ? undefined : text;
}

function actionOf(program: string, given: GivenOptions): ReceiveSettings['action'] {
  const [creates, drops] = [given.has('create-slot'), given.has('drop-slot')];
  if (creates && drops) throw usage(program, say('receive.create-and-drop'));
  if (!creates && !drops) return 'receive';
  if (!given.has('slot')) {
    throw usage(program, say('receive.needs-slot', { option: drops ? '--drop-slot' : '--create-slot' }));
  }
  return drops ? 'drop-slot' : 'create-slot';
}

function checkDirectory(program: string, given: GivenOptions): void {
  if (given.has('archive')) throw usage(program, say('receive.two-places'));
  if (given.has('repo') || given.has('instance')) {
    throw usage(program, say('storing.repo-and-place', { second: '-D/--directory' }));
  }
  if (given.has('generation')) throw usage(program, say('receive.generation-in-directory'));
  if (given.last('on-fork') === 'generation') throw usage(program, say('receive.fork-in-directory'));
}

function guardOf(program: string, given: GivenOptions): Pick<ReceiveSettings, 'warnBytes' | 'maxBytes' | 'onMax'> {
  const size = (option: 'slot-warn' | 'slot-max'): number | undefined => {
    const text = given.last(option);
    if (text === undefined) return undefined;
    if (!given.has('slot')) throw usage(program, say('receive.needs-slot', { option: `--${option}` }));
    return parseSize(`--${option}`, text);
  };
  const [warnBytes, maxBytes] = [size('slot-warn'), size('slot-max')];
  if (warnBytes !== undefined && maxBytes !== undefined && warnBytes >= maxBytes) {
    throw usage(program, say('receive.warn-above-max'));
  }
  if (given.has('on-slot-max') && maxBytes === undefined) {
    throw usage(program, say('receive.needs-option', { option: '--on-slot-max', needed: '--slot-max' }));
  }
  return { warnBytes, maxBytes, onMax: choiceOf(given, 'on-slot-max', ['warn', 'stop', 'drop']) };
}

/** One for all hosts or one for each. @throws BackupError `USAGE` */
export function haPortsOf(given: GivenOptions): string[] {
  const ports = listOf(given.last('ha-port'));
  for (const port of ports) parseInteger(say('options.port-number'), port, 1, 65_535);
  return ports;
}

function secondsOf(given: GivenOptions, name: string, option: string, standard: number): number {
  const text = given.last(name);
  if (text === undefined) return standard;
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw new BackupError('USAGE', say('receive.bad-value', { text, option }));
  const value = Number(text);
  if (value >= 0 && value <= longestSeconds) return value;
  throw new BackupError('USAGE', say('receive.out-of-range', { option, low: 0, high: longestSeconds }));
}

/** The first choice is the default. */
function choiceOf<Choice extends string>(
  given: GivenOptions,
  name: string,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const text = given.last(name);
  if (text === undefined) return choices[0];
  const choice = choices.find((word) => word === text);
  if (choice !== undefined) return choice;
  const quoted: readonly MessageValue[] = choices.map((word) => `"${word}"`);
  const listed = quoted.reduce((left, right) => say('options.or', { left, right }));
  throw new BackupError('USAGE', say('receive.bad-choice', { text, option: `--${name}`, choices: listed }));
}
