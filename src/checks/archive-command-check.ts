import { say, type Message } from '../messages/message.ts';
import { natureOfCommand, placeholderIn, shellSignIn, type CommandNature } from './archive-command-words.ts';
import { textOf, type ProgramState, type ServerFacts } from './server-facts.ts';
import type { ServerFinding } from './server-finding.ts';
import { settingFix } from './setting-fix.ts';

const check = 'archive-command';

/** What archives: a directory of the server's own before a module, a module before a command. */
export function archiveCommand(facts: ServerFacts): ServerFinding | undefined {
  const mode = textOf(facts, 'archive_mode');
  if (mode === undefined) return { check, severity: 'unknown', what: say('doctor.archive-command.unknown') };
  if (mode === 'off') return undefined;
  const { archiveDirectory, archiveLibrary } = facts.examination;
  const directory = archiveDirectory === undefined ? '' : (textOf(facts, archiveDirectory) ?? '');
  const library = archiveLibrary === undefined ? '' : (textOf(facts, archiveLibrary) ?? '');
  const command = textOf(facts, 'archive_command');
  // A server shows "(disabled)" while archiving is off; it is on here.
  const isSet = command !== undefined && command !== '' && command !== '(disabled)';
  if (directory !== '' && isSet && command.trim() !== '') {
    return {
      check,
      severity: 'error',
      what: say('doctor.archive-both', { directory, command }),
      why: say('doctor.archive-both.why'),
      fix: settingFix(facts, 'archive_dest', ''),
    };
  }
  if (directory !== '') {
    return {
      check,
      severity: 'note',
      what: say('doctor.archive-directory', { directory }),
      why: say('doctor.archive-directory.why'),
    };
  }
  if (library !== '') return { check, severity: 'note', what: say('doctor.archive-library', { library }) };
  if (command === undefined) return { check, severity: 'unknown', what: say('doctor.archive-command.unknown') };
  if (isSet) {
    const found = byItsText(facts, command) ?? refused(facts, command) ?? byItsFiles(facts, command);
    return found ?? relative(facts, command) ?? lookedAt(facts, command);
  }
  const [what, why] = [say('doctor.archive-command'), say('doctor.archive-command.why')];
  return { check, severity: 'error', what, why, fix: commandFix(facts) };
}

/** A statement only where it can be pasted as it is: what is to be filled in first looks like done. */
function commandFix(facts: ServerFacts): Message {
  const { archive, pushCommand } = facts.host ?? {};
  const isForeign = archive?.line === 'foreign';
  return pushCommand === undefined || isForeign
    ? say('doctor.archive-command.fix')
    : settingFix(facts, 'archive_command', pushCommand);
}

/** What is wrong with a command wherever it is run. */
function byItsText(facts: ServerFacts, command: string): ServerFinding | undefined {
  const word = placeholderIn(command);
  const { archiveTarget } = facts.host ?? {};
  if (word !== undefined && !(archiveTarget?.path === word && archiveTarget.isThere === true)) {
    const [what, why] = [say('doctor.archive-placeholder', { word, command }), say('doctor.archive-placeholder.why')];
    return { check, severity: 'error', what, why, fix: commandFix(facts) };
  }
  const { archiveShell } = facts.examination;
  const sign = archiveShell ? undefined : shellSignIn(command);
  if (sign !== undefined) {
    const [what, why] = [say('doctor.archive-shell', { command, sign }), say('doctor.archive-shell.why')];
    return { check, severity: 'error', what, why, fix: commandFix(facts) };
  }
  const nature = natureOfCommand(command, archiveShell);
  return nature && ofNature(facts, command, nature);
}

function ofNature(facts: ServerFacts, command: string, nature: CommandNature): ServerFinding {
  const waits = say('doctor.archive-command.why');
  const lost = say('doctor.archive-succeeds.why');
  const fix = commandFix(facts);
  switch (nature) {
    case 'blank':
      // A shell that is given nothing to do reports success.
      return {
        ...{ check, severity: 'error', what: say('doctor.archive-blank') },
        ...{ why: facts.examination.archiveShell ? lost : waits, fix },
      };
    case 'succeeds':
      return { check, severity: 'warning', what: say('doctor.archive-succeeds', { command }), why: lost, fix };
    case 'masked': {
      const what = say('doctor.archive-masked', { command });
      const why = say('doctor.archive-masked.why');
      return { check, severity: 'error', what, why, fix: say('doctor.archive-masked.fix') };
    }
    case 'fails':
      return { check, severity: 'error', what: say('doctor.archive-fails', { command }), why: waits, fix };
  }
}

/** What our own program says of the words, wherever it is run. */
function refused(facts: ServerFacts, command: string): ServerFinding | undefined {
  const { archiveWords } = facts.host ?? {};
  if (archiveWords === undefined || !('refused' in archiveWords)) return undefined;
  const what = say('doctor.archive-refused', { reason: archiveWords.refused, command });
  const [why, fix] = [say('doctor.archive-command.why'), say('doctor.archive-refused.fix')];
  return { check, severity: 'error', what, why, fix };
}

/** A place that is looked for where nobody means it. */
function relative(facts: ServerFacts, command: string): ServerFinding | undefined {
  const { archiveWords } = facts.host ?? {};
  if (archiveWords === undefined || !('relative' in archiveWords)) return undefined;
  const what = say('doctor.archive-relative', { path: archiveWords.relative, command });
  const [why, fix] = [say('doctor.archive-placeholder.why'), say('doctor.archive-relative.fix')];
  return { check, severity: 'warning', what, why, fix };
}

/** A command that may make the directory itself. */
const makesDirectory = /\b(?:mkdir|install)\b|--mkpath/;

/** What is wrong on this host, where the server is on it. */
function byItsFiles(facts: ServerFacts, command: string): ServerFinding | undefined {
  const { archiveProgram, archiveTarget } = facts.host ?? {};
  const why = say('doctor.archive-command.why');
  const fix = commandFix(facts);
  const { state, word: program = '' } = archiveProgram ?? {};
  if (state === 'absent')
    return { check, severity: 'error', what: say('doctor.archive-program.absent', { command }), why, fix };
  if (state === 'not-executable')
    return { check, severity: 'error', what: say('doctor.archive-program.not-executable', { command }), why, fix };
  if (state === 'nowhere') {
    const what = say('doctor.archive-program.nowhere', { program, command });
    return { check, severity: 'warning', what, why, fix: say('doctor.archive-program.nowhere.fix') };
  }
  if (archiveTarget?.isThere !== false || makesDirectory.test(command)) return undefined;
  const { path } = archiveTarget;
  const what = say('doctor.archive-target', { path, command });
  return { check, severity: 'error', what, why, fix: say('doctor.archive-target.fix', { path }) };
}

/** No more than was looked at. */
function lookedAt(facts: ServerFacts, command: string): ServerFinding {
  const { archiveProgram } = facts.host ?? {};
  if (archiveProgram === undefined)
    return { check, severity: 'note', what: say('doctor.archive-command.elsewhere', { command }) };
  const { state, word: program, account } = archiveProgram;
  if (state === 'found')
    return { check, severity: 'ok', what: say('doctor.archive-command.ok', { program, account, command }) };
  const whats: Record<Exclude<ProgramState, 'found' | 'absent' | 'not-executable' | 'nowhere'>, Message> = {
    named: say('doctor.archive-program.named', { program, command }),
    unread: say('doctor.archive-program.unread', { program, account, command }),
    shell: say('doctor.archive-program.shell', { program, command }),
    unclear: say('doctor.archive-program.unclear', { program, command }),
  };
  const what = state in whats ? whats[state as keyof typeof whats] : say('doctor.archive-command.unknown');
  return { check, severity: 'unknown', what };
}
