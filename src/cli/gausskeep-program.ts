import { nearest } from '../config/nearest-word.ts';
import { refuseLanguage, wordOfLanguage } from '../config/language.ts';
import { usage } from '../config/parse-options.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { speakAsAsked } from './command-line.ts';
import { commandList } from './command-list.ts';
import { commandNames, commandsByProgramName } from './command-names.ts';
import type { CommandEntry } from './command.ts';
import { firstScreen } from './first-screen.ts';
import { overview } from './overview.ts';
import { runProgram } from './program.ts';
import { runCommand } from './run-command.ts';

/** `gausskeep COMMAND …`, or a command under the name of the tool that it stands in for. */
export async function gausskeepProgram(program: string, argv: readonly string[]): Promise<void> {
  const standsFor = commandsByProgramName[program];
  if (standsFor !== undefined) {
    const entry = commandList.find(({ name }) => name === standsFor);
    if (entry !== undefined) return runCommand(program, await (entry.loadOriginal ?? entry.load)(), argv, 'always-one');
  }
  // `help wal push` is `wal push --help`, and `help wal` lists the verbs.
  if (argv[0] === 'help' && argv.length > 1) {
    const words = withoutLanguage(argv).filter((word) => !word.startsWith('-'));
    return gausskeepProgram(program, [...words.slice(1), '--help', ...languageWords(argv)]);
  }
  const entry = entryOf(argv);
  if (entry !== undefined) {
    const words = entry.name.split(' ').length;
    return runCommand(`${program} ${entry.name}`, await entry.load(), argv.slice(words));
  }
  await runProgram({ program, statusRule: 'by-code' }, async ({ terminal, lastLine }) => {
    speakAsAsked(argv);
    refuseLanguage(wordOfLanguage(argv));
    const [first, second] = withoutLanguage(argv);
    if (first === '--help' || first === '-?' || (first === 'help' && second === undefined)) {
      await terminal.data(firstScreen(program, commandNames, terminal.helpColumns));
      return 0;
    }
    if (first === undefined) {
      // Who does not know the commands sees them; who reads one line only has the error.
      for (const line of firstScreen(program, commandNames, 80).trimEnd().split('\n')) lastLine(line);
      throw usage(program, say('cli.no-command'));
    }
    if (first !== argv[0]) throw languageFirst(program, languageWords(argv).join(' '));
    const family = commandList.filter(({ name }) => name.startsWith(`${first} `));
    if (family.length > 0 && (second === undefined || second === '--help' || second === '-?')) {
      await terminal.data(overview(program, family, terminal.helpColumns));
      return 0;
    }
    throw unknownCommand(program, family.length > 0 ? `${first} ${second ?? ''}` : first);
  });
}

/** `--lang` and its value, where they are there. */
function languageWords(argv: readonly string[]): readonly string[] {
  const language = wordOfLanguage(argv);
  return language === undefined ? [] : ['--lang', language];
}

function withoutLanguage(argv: readonly string[]): readonly string[] {
  if (wordOfLanguage(argv) === undefined) return argv;
  return argv.filter((word, at) => !word.startsWith('--lang=') && word !== '--lang' && argv[at - 1] !== '--lang');
}

/** In front of `wal get` it would keep what starts us from guarding the status that a server is told. */
function languageFirst(program: string, option: string): BackupError {
  return new BackupError('USAGE', say('cli.lang-first'), { hint: say('cli.lang-first.hint', { program, option }) });
}

function entryOf(argv: readonly string[]): CommandEntry | undefined {
  return commandList.find(({ name }) => name.split(' ').every((word, index) => argv[index] === word));
}

/** What other tools call theirs; the words of ours that stand nearest. */
function unknownCommand(program: string, word: string): BackupError {
  const sentence = say('cli.unknown-command', { word });
  if (word === 'basebackup') {
    return new BackupError('USAGE', sentence, { hint: say('cli.backup.hint') });
  }
  const meant = nearest(
    word,
    commandList.map(({ name }) => name),
  );
  if (meant === undefined) return usage(program, sentence);
  return new BackupError('USAGE', sentence, { hint: say('cli.did-you-mean', { program, command: meant }) });
}
