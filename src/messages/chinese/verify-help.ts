import type { verifyHelpMessages as english } from '../english/verify-help.ts';
import type { Translation } from '../translation.ts';

export const verifyHelpMessages: Translation<typeof english> = {
  'verify.help.what': '逐项证明备份：备份清单、每个文件、其中的页，以及还原所需的 WAL。',
  'verify.help.summary': '证明备份：备份清单、文件、页和 WAL',
  'verify.help.synopsis': '[OPTION]... BACKUP',
  'verify.help.options': '选项：',
  'verify.help.exit-on-error': '出错时立即退出',
  'verify.help.format': '备份格式（plain、tar）',
  'verify.help.ignore': '忽略指定的路径（可重复指定）',
  'verify.help.manifest-path': '使用指定路径的备份清单',
  'verify.help.no-parse-wal': '不解析 WAL 文件',
  'verify.help.progress': '显示进度信息',
  'verify.help.quiet': '除错误外不输出任何内容',
  'verify.help.skip-checksums': '跳过校验和检查，包括页校验和',
  'verify.help.wal-path': '使用指定路径的 WAL 文件：目录或归档目录；也可写作 --wal-directory',
  'verify.help.json': '把结果以一个 JSON 对象写到标准输出',
  'verify.no-directory': '没有指定备份目录',
  'verify.progress-and-quiet': '不能同时指定 {first} 和 {second}',
  'verify.pages': '页：{ok} 个正常，{empty} 个为空，在 {files} 个文件中',
  'verify.pages-replaced': '页：{count} 个现在校验不通过，回放备份的 WAL 时会被替换',
  'verify.unjudged': '页：{count} 个文件的格式，其校验和不作判断（{reason}）',
};
