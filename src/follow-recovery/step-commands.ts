import { existsSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { shellWord, type Message } from '../messages/message.ts';
import { textOf, type DataDirectory } from './data-directory.ts';
import type { Postmaster } from './postmaster.ts';

/** Something that the user has to do, with the command to copy; undefined: which one only the user can know. */
export interface NextStep {
  readonly sentence: Message;
  readonly command: string | undefined;
}

export type NextVerb = 'recover' | 'resume';

/** Who will paste the commands: root, where this runs as the account of the server by now. */
export interface CommandReader {
  /** A command line that only the account of the server can run, as the reader has to give it. */
  readonly asServer: (command: string) => string;
  /** Where the reader's shell looks for programs. */
  readonly path: string | undefined;
  /** Where he wants to reach the server, instead of the socket that it has. */
  readonly host: string | undefined;
  /** Options of his that the next call of gausskeep for the same directory needs as well. */
  readonly options: (verb: NextVerb) => readonly string[];
}

export interface ReachedServer {
  readonly postmaster: Postmaster | undefined;
  /** Who was let in; undefined: nobody. */
  readonly user: string | undefined;
  /** Where the programs of the server are, while it does not run; undefined: not known. */
  readonly programDirectory?: string | undefined;
  /** undefined: he is the account of the server. */
  readonly reader: CommandReader | undefined;
}

/** Writes commands for the server of a data directory in full, so that they can be pasted: place, user and account. */
export class StepCommands {
  readonly #data: DataDirectory;
  readonly #reached: ReachedServer;

  constructor(data: DataDirectory, reached: ReachedServer) {
    this.#data = data;
    this.#reached = reached;
  }

  asServer(command: string): string {
    return this.#reached.reader?.asServer(command) ?? command;
  }

  /** `gausskeep VERB` for this directory, which becomes the account of the server by itself. */
  gausskeep(verb: NextVerb): string {
    const options = this.#reached.reader?.options(verb) ?? [];
    return ['gausskeep', verb, '--pgdata', this.#data.path, ...options].map(shellWord).join(' ');
  }

  /** The SQL client, not yet as any account. */
  sql(database: string): string {
    const { program, anyRelease } = this.#data.dialect.client;
    return `${this.program(program, anyRelease)}${this.place} ${shellWord(database)}`;
  }

  /** Options that lead clients to the server; what they would take without them is that of their own build and account. */
  get place(): string {
    const { postmaster, user, reader } = this.#reached;
    const host = reader?.host ?? postmaster?.socketDirectory ?? postmaster?.listenAddress;
    const words = [...(host === undefined ? [] : ['-h', host]), '-p', String(postmaster?.port ?? 5432)];
    return [...words, ...(user === undefined ? [] : ['-U', user])].map((word) => ` ${shellWord(word)}`).join('');
  }

  /**
   * A program of the server: by its name where the reader's shell finds that one, else with its place and what it needs.
   * @param anyRelease one of another release does as well
   */
  program(name: string, anyRelease = false): string {
    const directory = this.programDirectory;
    const found = (this.#reached.reader?.path ?? '').split(':').find((place) => existsSync(join(place, name)));
    const fits = found !== undefined && (anyRelease || found === directory);
    if (directory === '' || fits || !existsSync(join(directory, name))) return name;
    const { homeVariable } = this.#data.dialect;
    const home = dirname(directory);
    const environment = homeVariable === undefined ? [] : [`${homeVariable}=${home}`, `LD_LIBRARY_PATH=${home}/lib`];
    const settings = environment.map((setting) => `${shellWord(setting)} `).join('');
    return `${settings}${shellWord(join(directory, name))}`;
  }

  /** Where the program of the running server is; '' when that cannot be seen. */
  get programDirectory(): string {
    const { postmaster, programDirectory = '' } = this.#reached;
    if (postmaster === undefined) return programDirectory;
    try {
      return dirname(readlinkSync(`/proc/${postmaster.pid}/exe`));
    } catch {
      return '';
    }
  }

  /** Starts the server; its configuration may be outside of the data directory. */
  start(configFile: string | undefined): string {
    const { path, dialect } = this.#data;
    const directory = shellWord(path);
    if (dialect.controlProgram !== undefined) return `${this.program(dialect.controlProgram)} start -D ${directory}`;
    const options = configFile === undefined ? this.outsideOptions : outside(outsideSettings(path, configFile));
    return `${this.program('pg_ctl')} start -D ${directory}${options} -l ${shellWord(join(path, 'start.log'))}`;
  }

  /** What we gave the server on its command line because its configuration is outside of the data directory. */
  get outsideOptions(): string {
    const { postmaster } = this.#reached;
    const words = postmaster === undefined ? [] : (textOf(`/proc/${postmaster.pid}/cmdline`) ?? '').split('\0');
    const given = words.filter((text) => /^(?:config_file|data_directory|external_pid_file)=/.test(text));
    return outside(given);
  }
}

function outside(settings: readonly string[]): string {
  return settings.length === 0 ? '' : ` -o ${shellWord(settings.map((text) => `-c ${text}`).join(' '))}`;
}

function outsideSettings(path: string, configFile: string): string[] {
  return [`config_file=${configFile}`, `data_directory=${path}`, 'external_pid_file='];
}
