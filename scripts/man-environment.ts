/** What the man pages say of environment variables and files. */
import { connectionKeywords } from '../src/config/connection-keywords.ts';
import type { OptionSpec } from '../src/config/option-table.ts';
import { sentence } from './option-text.ts';

export interface Told {
  readonly name: string;
  readonly text: string;
}

const places: Readonly<Record<string, string>> = {
  GAUSSKEEP_ARCHIVE: 'directory of the WAL archive, where no option names it',
  GAUSSKEEP_GENERATION: 'generation of the archive, where no option names it',
  GAUSSKEEP_BACKUPS: 'folders of backups, separated by ":", where no option names one',
};
const repositories: Readonly<Record<string, string>> = {
  GAUSSKEEP_REPO: 'directory of the repository, where no option names it',
  GAUSSKEEP_INSTANCE: 'instance in the repository, where no option names it',
  GAUSSKEEP_PASSWORD_FILE: 'file that holds the password of the repository, where no option says where it comes from',
  GAUSSKEEP_PASSWORD_COMMAND: 'command that prints that password, run by sh, where no option says where it comes from',
  GAUSSKEEP_TO: 'the repository to copy to, where no option names it',
  GAUSSKEEP_TO_PASSWORD_FILE: 'file that holds its password, where no option says where it comes from',
  GAUSSKEEP_TO_PASSWORD_COMMAND:
    'command that prints its password, run by sh, where no option says where it comes from',
};
const others: Readonly<Record<string, string>> = {
  GAUSSHOME: 'installation of openGauss, whose programs are in bin',
  GAUSSKEEP_SPOOL: 'directory of "wal push --async", where no option names it; default: beside the data directory',
};
const configuration: Told = {
  name: 'GAUSSKEEP_CONFIG',
  text: 'the configuration file, which names these places; /dev/null stands for none',
};
const configurationFiles: Told = {
  name: '~/.config/gausskeep/gausskeep.toml, /etc/gausskeep/gausskeep.toml',
  text: 'The first that exists is the configuration file, where GAUSSKEEP_CONFIG names none: archive, backups and generation; repo, instance, password-file and password-command; $XDG_CONFIG_HOME, where it is set, takes the place of ~/.config. An option wins over the environment, that over the file.',
};
const passwordFile: Told = {
  name: '~/.pgpass',
  text: 'passwords, one line for each host, as libpq has it; mode 0600 or less',
};
const languages: Told = {
  name: 'LANGUAGE, LC_ALL, LC_MESSAGES, LANG',
  text: 'language of what is said to people: Chinese where they say zh, else English. What programs read is English always.',
};
const dataDirectory: Told = { name: 'PGDATA', text: 'the data directory, where no option names it' };
/** Commands that take the data directory from there, see src/config/recovery-options.ts. */
const ofDataDirectory = ['gausskeep recover', 'gausskeep resume', 'gausskeep status'];
/** Commands that keep what they have read, see src/config/cache-directory.ts. */
const remembering = ['gausskeep restore', 'gausskeep window'];

/** Variables that count for a program with these options, and the files. @throws Error where an option names a variable that is not described here */
export function surroundings(
  program: string,
  options: readonly OptionSpec[],
): { readonly environment: readonly Told[]; readonly files: readonly Told[] } {
  const helps = options.map(({ help }) => sentence(help)).join('\n');
  const named = [...new Set(helps.match(/\b(?:GAUSSKEEP_[A-Z_]+|GAUSSHOME)\b/g) ?? [])];
  const told = named.map((name) => {
    const text = places[name] ?? repositories[name] ?? others[name];
    if (text === undefined) throw new Error(`${program}: man-environment.ts has no words for ${name}`);
    return { name, text };
  });
  const readsPlaces = named.some((name) => name in places || name in repositories);
  const takesConnection = options.some(({ long }) => long === 'dbname');
  const environment = [
    ...told,
    ...(readsPlaces ? [configuration] : []),
    ...(ofDataDirectory.includes(program) ? [dataDirectory] : []),
    ...(remembering.includes(program)
      ? [
          {
            name: 'GAUSSKEEP_CACHE',
            text: 'directory of what earlier runs have read; default gausskeep in XDG_CACHE_HOME or ~/.cache; empty: all is read anew',
          },
        ]
      : []),
    ...(takesConnection ? [connection()] : []),
    languages,
  ];
  const files = [...(readsPlaces ? [configurationFiles] : []), ...(takesConnection ? [passwordFile] : [])];
  return { environment, files };
}

function connection(): Told {
  const names = Object.values(connectionKeywords).filter((name) => name !== undefined);
  return {
    name: names.join(', '),
    text: 'settings of the connection, as libpq reads them, where no option says the same',
  };
}
