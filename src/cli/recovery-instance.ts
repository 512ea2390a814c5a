import { resolve } from 'node:path';
import { readEnvironment, type Environment } from '../config/environment.ts';
import type { GivenOptions } from '../config/option-table.ts';
import { extraWord } from '../config/parse-options.ts';
import { dataDirectoryOption } from '../config/recovery-options.ts';
import type { CommandReader, FindLogin } from '../index.ts';
import { commandReader } from './command-reader.ts';
import type { ProgramContext } from './program.ts';
import { recoveryLogin } from './recovery-login.ts';
import { runAsOwner } from './run-as-owner.ts';

/** What `recover`, `resume` and `status` read of their options alike. */
export interface RecoveryInstance {
  readonly directory: string;
  readonly configFile: string | undefined;
  readonly reader: CommandReader;
  readonly environment: Environment;
  readonly login: FindLogin;
}

/** Reads the options and goes on as the owner of the instance. @throws BackupError `USAGE` */
export function recoveryInstance(given: GivenOptions, context: ProgramContext): RecoveryInstance {
  const [word] = given.operands;
  if (word !== undefined) throw extraWord(context.program, word);
  const asCalled = readEnvironment();
  const directory = dataDirectoryOption(given, asCalled);
  const named = given.last('config-file');
  const configFile = named === undefined ? undefined : resolve(named);
  const reader = commandReader(given, asCalled, directory);
  const environment = runAsOwner(directory, asCalled);
  return { directory, configFile, reader, environment, login: recoveryLogin(given, environment, context) };
}
