import type { contentMessages as english } from '../english/content.ts';
import type { Translation } from '../translation.ts';

export const contentMessages: Translation<typeof english> = {
  'content.not-a-file': '备份中的 "{member}" 是{type}，而服务器在此处需要文件',
  'content.not-a-directory': '备份中的 "{member}" 是{type}，而服务器在此处需要目录',
  'content.no-version-file': '备份 "{backup}" 没有 PG_VERSION：没有服务器会把它当作数据目录',
  'content.bad-version-file': '备份的 PG_VERSION 没有给出版本：{text}',
  'content.map-twice': '表空间 {oid} 在 tablespace_map 中出现了两次，位于 "{first}" 和 "{second}"',
  'content.wal-archive-name': 'WAL 在 "{archive}" 中，而该服务器的 WAL 放在 {directory} 中',
  'content.tar-is-link': '备份中的 "{path}" 是链接：还原只在备份文件的实际所在处读取它们',
  'content.tar-is-link.hint': '请用文件本身替换该链接。',
  'content.link-in-data': '备份中的 "{path}" 是链接：还原会复制这个链接，还原出的实例就会共用它所指向的内容',
  'content.tablespace-cut':
    '表空间 {oid} 的链接指向 "{target}"，而那里什么也没有：openGauss 截断了它的路径，因为该路径的开头与数据目录的路径相同（例如 /data/db_ts 与 /data/db）。{where}',
  'content.cut-plain':
    '它的文件在 "{directory}" 中：把 pg_tblspc/{oid} 建成指向该目录的链接，再用 -T {oid}=DIRECTORY 还原。',
  'content.cut-tar': '它的文件在 {archive} 中：用 -T {oid}=DIRECTORY 还原。',
  'content.cut-nowhere':
    '它的文件不在这个备份中。请把 pg_tblspc/{oid} 建成指向这些文件所在位置的链接，否则把表移到路径不同的表空间，再做一次新的备份。',
  'content.left-by-run': '一次未完成的运行在备份的目录中留下了以下内容，它们不属于备份，也不会被还原：{names}',
};
