export const completionMessages = {
  'completion.summary': '输出 shell（bash、zsh 或 fish）的自动补全脚本',
  'completion.synopsis': 'bash|zsh|fish',
  'completion.what':
    '输出 shell 的自动补全脚本，可补全 gs_basebackup、gs_tar 和 gausskeep 的命令、选项、取值和路径。\nbash，写入 ~/.bashrc：  source <(gausskeep completion bash)\nzsh，写入 ~/.zshrc 中 compinit 之后：  source <(gausskeep completion zsh)\nfish：  gausskeep completion fish > ~/.config/fish/conf.d/gausskeep.fish',
  'completion.no-shell': '请指定 shell：bash、zsh 或 fish',
  'completion.unknown-shell': '未知的 shell "{word}"：可选 bash、zsh 或 fish',
  'completion.family': 'WAL 归档和 WAL 接收程序的命令',
  'completion.help': '显示命令的用法',
} as const;
