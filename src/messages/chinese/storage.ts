import type { storageMessages as english } from '../english/storage.ts';
import type { Translation } from '../translation.ts';

export const storageMessages: Translation<typeof english> = {
  'storage.bad-name': '无效的对象名 "{name}"',
  'storage.bad-name.hint':
    '名字由 "/" 分隔的各段组成；任何一段都不能为空，不能是 "." 或 ".."，不能以 ".gausskeep-" 开头，也不能有控制字符。',
  'storage.exists': '对象 "{name}" 已存在',
  'storage.not-found': '没有对象 "{name}"',
  'storage.failed': '存储在 "{name}" 处失败：{reason}',
  'storage.full.hint':
    '存储已满，或配额已用尽。请在那里腾出空间，然后重做："gausskeep expire" 从仓库中删除保留规则不再保留的内容，"gausskeep wal cleanup" 从 WAL 归档中删除没有备份需要的内容。',
  'storage.refused-read.hint':
    '以有权读取它的账号运行 gausskeep。root 曾在另一个账号的归档或仓库中建立的内容，用以下命令交还：chown -R OWNER DIRECTORY',
  'storage.refused-write.hint':
    'gausskeep 必须能够写入：以该目录的属主运行，并确认属主有写权限。root 曾在另一个账号的归档或仓库中建立的内容，用以下命令交还：chown -R OWNER DIRECTORY',
  'storage.read-only.hint': '文件系统以只读方式挂载。请以可写方式挂载。',
  'storage.no-directory': '目录 "{path}" 不存在',
  'storage.no-directory.hint': '创建它，或挂载它所在的文件系统。',
  'storage.gone': '目录 "{path}" 已经不在了',
  'storage.leaves-root': '对象 "{name}" 在一个指向存储之外的链接后面',
};
