export const recoverySettingsMessages = {
  'recovery-settings.inclusive':
    'inclusive or exclusive says nothing about a target of kind "{kind}": it applies to a time, a transaction or an LSN',
  'recovery-settings.no-shutdown': 'this server cannot shut down at a recovery target',
  'recovery-settings.no-shutdown.hint':
    'openGauss pauses or opens: give --target-action=pause, look, and stop it with gs_ctl stop. Mind that a restart while it is paused opens it read-write.',
  'recovery-settings.command-empty': '{name} is empty',
  'recovery-settings.command-control': '{name} holds a line feed or another control character',
  'recovery-settings.command-long': '{name} has {length} bytes; a server takes at most {limit}',
  'recovery-settings.command-placeholder':
    '{name} holds "{found}", which the server does not replace: it knows {allowed}',
  'recovery-settings.command-lacks': '{name} has no {missing}',
  'recovery-settings.command-shell': '{name} needs a shell for "{found}", and openGauss runs it without one',
  'recovery-settings.command-shell.hint':
    'openGauss splits the command at blanks and runs it directly: no quotes, pipes, &&, redirections or variables. Put what you need into a script without blanks in its path, and name the script.',
} as const;
