import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Environment } from '../config/environment.ts';
import type { GivenOptions } from '../config/option-table.ts';
import { commandsAs, type CommandReader } from '../index.ts';

const places: ReadonlySet<string> = new Set(['bindir', 'config-file']);

/** Who called us for a data directory, and so pastes what we print. Ask before `runAsOwner` makes us somebody else. */
export function commandReader(given: GivenOptions, environment: Environment, directory: string): CommandReader {
  const words = (name: string): string[] => {
    const text = given.last(name);
    return text === undefined ? [] : [`--${name}`, places.has(name) ? resolve(text) : text];
  };
  return {
    asServer: commandsAs(statSync(directory, { throwIfNoEntry: false })?.uid),
    path: environment['PATH'],
    host: given.last('host'),
    options: (verb) => [
      ...(verb === 'recover' ? words('bindir') : []),
      ...['config-file', 'host', 'username'].flatMap(words),
    ],
  };
}
