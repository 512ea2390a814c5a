import type { configurationMessages as english } from '../english/configuration.ts';
import type { Translation } from '../translation.ts';

export const configurationMessages: Translation<typeof english> = {
  'configuration.unreadable': '无法读取配置文件 "{path}"：{reason}',
  'configuration.unreadable.hint':
    '它由 GAUSSKEEP_CONFIG 指定，或在默认位置找到。GAUSSKEEP_CONFIG=/dev/null 表示不用配置文件。',
  'configuration.not-plain': '配置文件 "{path}" 不是普通文件',
  'configuration.too-large': '配置文件 "{path}" 超过 {limit} 字节',
  'configuration.syntax': '配置文件 "{path}" 第 {line} 行：{reason}',
  'configuration.syntax.hint': '它的格式是 TOML：NAME = "TEXT"、NAME = NUMBER、NAME = ["TEXT", "TEXT"]。',
  'configuration.unknown-key': '配置文件 "{path}"：未知的设置 "{key}"',
  'configuration.unknown-key.hint': '其中可以有：{keys}。密码不应写在里面。',
  'configuration.bad-archive': '配置文件 "{path}"：archive 必须是目录的绝对路径或 s3://BUCKET/PREFIX，并加引号',
  'configuration.bad-backups': '配置文件 "{path}"：backups 必须是目录绝对路径的列表',
  'configuration.bad-generation': '配置文件 "{path}"：generation 必须是 1 到 999999999 的整数',
  'configuration.bad-repo': '配置文件 "{path}"：repo 必须是目录的绝对路径或 s3://BUCKET/PREFIX，并加引号',
  'configuration.bad-instance': '配置文件 "{path}"：instance 必须是实例的名字，并加引号',
  'configuration.bad-s3':
    '配置文件 "{path}"：{key} 的值无效；s3-allow-http 是 true 或 false，s3-style 是 "path" 或 "virtual"，文件用绝对路径',
  'configuration.bad-password-file': '配置文件 "{path}"：password-file 必须是文件的绝对路径，并加引号',
  'configuration.bad-password-command': '配置文件 "{path}"：password-command 必须是一条命令，并加引号',
  'configuration.two-passwords': '配置文件 "{path}"：password-file 和 password-command 不能同时使用',
};
