import type { unpackHelpMessages as english } from '../english/unpack-help.ts';
import type { Translation } from '../translation.ts';

export const unpackHelpMessages: Translation<typeof english> = {
  'unpack.help.what': '{program} 解开基础备份的 tar 包：原版 gs_basebackup 的，或本程序的，压缩或未压缩均可。',
  'unpack.help.usage': '\n用法：\n  {program} -D DIRECTORY -F FILE',
  'unpack.help.options': '选项：',
  'unpack.help.destination': '解包到此目录，目录已存在且为空',
  'unpack.help.filename': 'tar 包，例如 base.tar 或 16421.tar.gz',
  'unpack.help.no-sync': '不等待改动安全写入磁盘',
  'unpack.help.version': '输出版本信息，然后退出',
  'unpack.help.help': '显示本帮助，然后退出',
  'unpack.options-required': '必须指定 -D 选项和 -F 选项',
};
