import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Capabilities } from './capabilities.ts';

/** Commands that a server runs while it recovers, by the name of the setting. */
export type RecoveryCommandName = 'restore_command' | 'archive_cleanup_command' | 'recovery_end_command';

/** The server's buffer is 1024 bytes with the closing zero (MAXPGPATH). */
const longestCommandBytes = 1023;

/** What stands for what: %p the path to write, %f the file wanted, %r the oldest file that must stay. */
const placeholders: Readonly<Record<RecoveryCommandName, string>> = {
  restore_command: 'pfr%',
  archive_cleanup_command: 'r%',
  recovery_end_command: 'r%',
};

const shellOperators = new Set(['&&', '||', ';', '|', '&', '>', '>>', '<', '2>', '2>>', '2>&1', '1>&2', '>&2', '!']);

/**
 * Checks the user's own text of a command against what the server does with it. openGauss splits it at blanks and runs it
 * without a shell: no quotes, pipes, redirections or variables; what looks like one would be handed over as an argument.
 * @throws BackupError `USAGE`
 */
export function checkRecoveryCommand(name: RecoveryCommandName, text: string, capabilities: Capabilities): void {
  if (text.trim() === '') throw new BackupError('USAGE', say('recovery-settings.command-empty', { name }));
  if (/[\u0000-\u001f\u007f]/.test(text))
    throw new BackupError('USAGE', say('recovery-settings.command-control', { name }));
  checkPlaceholders(name, text);
  const bytes = Buffer.byteLength(text);
  if (bytes > longestCommandBytes) {
    throw new BackupError(
      'USAGE',
      say('recovery-settings.command-long', { name, length: bytes, limit: longestCommandBytes }),
    );
  }
  if (capabilities.recoveryConfiguration === 'opengauss-recovery-conf') checkWithoutShell(name, text);
}

function checkPlaceholders(name: RecoveryCommandName, text: string): void {
  const known = placeholders[name];
  for (const [found, letter = ''] of text.matchAll(/%(.?)/gs)) {
    if (letter !== '' && known.includes(letter)) continue;
    const allowed = known.replaceAll(/./g, ' %$&').trim();
    throw new BackupError('USAGE', say('recovery-settings.command-placeholder', { name, found, allowed }));
  }
  if (name !== 'restore_command') return;
  const used = new Set([...text.replaceAll('%%', '').matchAll(/%(.)/gs)].map(([, letter]) => letter));
  const missing = ['f', 'p'].find((letter) => !used.has(letter));
  if (missing !== undefined) {
    throw new BackupError('USAGE', say('recovery-settings.command-lacks', { name, missing: `%${missing}` }));
  }
}

function checkWithoutShell(name: RecoveryCommandName, text: string): void {
  const words = text.split(' ').filter((word) => word !== '');
  const remains = words.find(
    (word) =>
      shellOperators.has(word) || /["'`;|<>\\]|&&|\$[A-Za-z_{(]/.test(word) || /^[A-Za-z_]\w*=/.test(words[0] ?? ''),
  );
  if (remains === undefined) return;
  throw new BackupError('USAGE', say('recovery-settings.command-shell', { name, found: remains }), {
    hint: say('recovery-settings.command-shell.hint'),
  });
}
