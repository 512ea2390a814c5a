import { gsTarOptions } from '../config/gs-tar-options.ts';
import { extraWord, usage } from '../config/parse-options.ts';
import { pathFromText, unpackTar, unpackSentence, version } from '../index.ts';
import { say } from '../messages/message.ts';
import { readCommandLine } from './command-line.ts';
import { helpText } from './help-text.ts';
import { runProgram } from './program.ts';
import { speak } from './speech.ts';

/** gs_tar. Exit status 0 or 1, as the original. */
export async function tarProgram(program: string, argv: readonly string[]): Promise<void> {
  await runProgram({ program, statusRule: 'always-one' }, async ({ terminal, signal }) => {
    const given = readCommandLine(program, gsTarOptions, argv);
    if (given.has('help')) {
      const head = [say('unpack.help.what', { program }), say('unpack.help.usage', { program })];
      await terminal.data(helpText(head, gsTarOptions, [], terminal.helpColumns));
      return 0;
    }
    if (given.has('version')) {
      await terminal.data(`${program} (gausskeep) ${version}\n`);
      return 0;
    }
    const [operand] = given.operands;
    if (operand !== undefined) throw extraWord(program, operand);
    const directory = given.last('destination');
    const file = given.last('filename');
    if (directory === undefined || file === undefined) throw usage(program, say('unpack.options-required'));
    await unpackTar(
      { directory: pathFromText(directory), file: pathFromText(file), sync: !given.has('no-sync') },
      {
        signal,
        onEvent: (event) => {
          const sentence = unpackSentence(event);
          if (sentence !== undefined) terminal.line(`${program}: ${speak(sentence)}`);
        },
      },
    );
    return 0;
  });
}
