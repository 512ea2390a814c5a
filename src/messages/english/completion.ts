export const completionMessages = {
  'completion.summary': 'print a completion script for a shell: bash, zsh or fish',
  'completion.synopsis': 'bash|zsh|fish',
  'completion.what':
    'Prints a script with which a shell completes gs_basebackup, gs_tar and gausskeep: commands, options, values and paths.\nFor bash, in ~/.bashrc:  source <(gausskeep completion bash)\nFor zsh, in ~/.zshrc behind compinit:  source <(gausskeep completion zsh)\nFor fish:  gausskeep completion fish > ~/.config/fish/conf.d/gausskeep.fish',
  'completion.no-shell': 'which shell: bash, zsh or fish?',
  'completion.unknown-shell': 'unknown shell "{word}": it is bash, zsh or fish',
  'completion.family': 'commands about the WAL archive and the WAL receiver',
  'completion.help': 'show what a command does',
} as const;
