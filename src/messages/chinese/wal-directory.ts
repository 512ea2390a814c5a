import type { walDirectoryMessages as english } from '../english/wal-directory.ts';
import type { Translation } from '../translation.ts';

export const walDirectoryMessages: Translation<typeof english> = {
  'wal-directory.missing': '无法打开目录 "{path}"：没有那个文件或目录',
  'wal-directory.missing.hint': '为接收 WAL 的账号创建该目录，或指定另一个目录。',
  'wal-directory.not-a-directory': '无法打开目录 "{path}"：不是目录',
  'wal-directory.partial-size': 'WAL 文件 "{path}" 有 {size} 字节，应为 0 或 {expected} 字节',
  'wal-directory.partial-size.hint': '它不是这个服务器的段的开头。把它移走，或接收到另一个目录。',
  'wal-directory.damaged': '段文件 "{path}" 已损坏：{reason}',
  'wal-directory.wrong-size': '段文件 "{path}" 的大小 {size} 不正确，应为 {expected}',
  'wal-directory.skipped-size': '段文件 "{path}" 的大小 {size} 不正确，跳过',
  'wal-directory.skipped-compressed-size': '压缩的段文件 "{path}" 解压后的大小 {size} 不正确，跳过',
  'wal-directory.skipped-damaged': '段文件 "{path}" 无法读到末尾，跳过：{reason}',
  'wal-directory.other-instance':
    '目录 "{path}" 中是另一个数据库系统的 WAL：其标识符为 {actual}，服务器的为 {expected}',
  'wal-directory.other-instance.hint': '每个服务器接收到各自的目录：文件 "{file}" 说明目录属于谁。',
  'wal-directory.other-segment-size': '目录 "{path}" 中的 WAL 每段 {actual} 字节，服务器的每段 {expected} 字节',
  'wal-directory.segment-exists': '段文件 "{path}" 已存在，但不是完整的段',
  'wal-directory.segment-exists.hint': '它保持原样。把它移走；之后会重新接收该段。',
  'wal-directory.history-exists': '时间线历史文件 "{path}" 已存在，但内容不同',
  'wal-directory.history-exists.hint': '该目录中是这个服务器的另一段历史。比较两者，或接收到另一个目录。',
  'wal-directory.no-generations': '目录 "{path}" 容不下两条 WAL 历史：只有归档才有世代',
  'wal-directory.no-generations.hint': '用 --archive 接收到归档，或接收到空目录。',
};
