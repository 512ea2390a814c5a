import type { cliMessages as english } from '../english/cli.ts';
import type { Translation } from '../translation.ts';

export const cliMessages: Translation<typeof english> = {
  'cli.what': '{program} 备份、校验、还原和恢复 openGauss、MogDB 和 PostgreSQL 实例。',
  'cli.usage': '\n用法：\n  {program} {synopsis}',
  'cli.commands': '命令：',
  'cli.foot': '备份由 gs_basebackup 执行，gs_tar 解开归档包。"{program} COMMAND --help" 说明一个命令的用法。',
  'cli.no-command': '没有给出命令',
  'cli.unknown-command': '未知的命令 "{word}"',
  'cli.did-you-mean': '您要的是 "{program} {command}" 吗？',
  'cli.backup.hint': '备份由 gs_basebackup 执行：gs_basebackup -D DIRECTORY。参见 "gs_basebackup --help"。',
  'cli.help.general': '一般选项：',
  'cli.help.help': '显示此帮助，然后退出',
  'cli.help.lang': '消息所用的语言（默认由 LC_ALL、LC_MESSAGES 或 LANG 决定）',
  'cli.bad-lang': '未知的语言 "{text}"',
  'cli.bad-lang.hint': '可选 en（英文）和 zh（中文）。',
  'cli.lang-first': '--lang 写在了命令之前',
  'cli.lang-first.hint': '选项要写在命令之后：{program} COMMAND {option}',
  'cli.label.error': '错误:',
  'cli.label.warning': '警告:',
  'cli.label.hint': '提示:',
  'cli.label.detail': '详细信息:',
  'cli.label.note': '注意:',
};
