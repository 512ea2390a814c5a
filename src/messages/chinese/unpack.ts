import type { unpackMessages as english } from '../english/unpack.ts';
import type { Translation } from '../translation.ts';

export const unpackMessages: Translation<typeof english> = {
  'unpack.destination-failed': '目标目录 "{path}" 失败：{reason}',
  'unpack.destination-failed.hint': '先创建该目录；它必须为空。',
  'unpack.destination-not-empty': '目标目录 "{path}" 不为空',
  'unpack.destination-not-empty.hint': '给一个什么都没有的目录，隐藏文件和链接也不能有。',
  'unpack.file-failed': '无法打开 tar 包 "{path}"：{reason}',
  'unpack.not-a-file': 'tar 包 "{path}" 不是文件',
  'unpack.member-type': '拒绝包内文件 "{member}"：备份中不应有{type}',
  'unpack.link-outside': '拒绝包内文件 "{member}"：它是指向 "{target}" 的链接，在目标目录之外',
  'unpack.duplicate': '拒绝包内文件 "{member}"：tar 包中有两个',
  'unpack.hostile.hint': '正常的备份绝不会有这样的包内文件。目标目录之外没有写入任何内容。',
  'unpack.map-too-large': 'tablespace_map 超过 {limit} 字节',
  'unpack.tablespace-line':
    'tablespace_map：表空间 {oid} 在源服务器上位于 "{location}"；第一次启动之前，把 "{file}" 的这一行改为 {oid}.tar 解包到的目录',
  'unpack.tablespace-link':
    '链接 pg_tblspc/{oid} 指向源服务器上的 "{location}"；第一次启动之前，让它指向 {oid}.tar 解包到的目录',
  'unpack.wal-link': '源服务器的 WAL 在 "{target}"；这里的 {member} 是独立的目录',
  'unpack.created': '已创建 "{member}"，它让服务器重新建立双写文件',
  'unpack.dropped': '未解出 "{member}"，它是双写文件，在副本中没有用处',
};
