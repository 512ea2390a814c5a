import type { exportingMessages as english } from '../english/exporting.ts';
import type { Translation } from '../translation.ts';

export const exportingMessages: Translation<typeof english> = {
  'exporting.no-room.hint':
    '请在那里腾出空间，或导出到别处（表空间用 -T 和 --tablespace-map-all），或导出为压缩的 tar（-Ft -Z gzip）。',
  'export-help.synopsis': '[OPTION]... latest|NAME --to DIRECTORY',
  'export-help.summary': '将仓库中的备份写成普通目录或一组 tar 文件',
  'export-help.what':
    '将仓库中的备份连同其所需的 WAL 写成普通目录或一组标准 tar 文件，供不了解仓库的工具使用。NAME 是 "gausskeep list" 所显示名称的开头部分。',
  'export-help.to': '备份的去处：不存在的或空的目录',
  'export-help.format': '输出格式：plain（默认）或 tar',
  'export-help.tablespace-mapping': '仅用于 plain：表空间的去处（默认为它在服务器上的路径），用目录或 oid 指明',
  'export-help.tablespace-map-all': '仅用于 plain：其余所有表空间的去处，每个在以其 oid 命名的目录中',
  'export-help.compress': '用 gzip、lz4 或 zstd 压缩 tar 文件（默认不压缩）；WAL 的 tar 只用 gzip 压缩',
  'exporting.bad-format': '"{text}" 不是导出的格式；有 "plain" 和 "tar"',
  'exporting.done': '已将实例 "{instance}" 的备份 {name} 导出到 "{directory}"：{list}；{size}',
  'exporting.done-plain': '已将实例 "{instance}" 的备份 {name} 导出到 "{directory}"：{files} 个文件；{size}',
  'exporting.history-too-long': '{name} 作为时间线历史文件过长',
  'exporting.no-backup': '未指定备份：请写 "latest"，或 "gausskeep list" 所显示名称的开头部分',
  'exporting.no-target': '未指定目录：--to DIRECTORY',
  'exporting.no-wal-directory': '备份的记录中没有 WAL 目录',
  'exporting.not-held': '从这里无法写入仓库：读取备份期间，没有什么能阻止保留策略将其删除',
  'exporting.only-plain-maps': '表空间的 tar 文件与其他 tar 文件放在一起：{option} 仅用于 --format=plain',
  'exporting.only-tars-compress': '普通目录不压缩：--compress 仅用于 --format=tar',
  'exporting.tablespace': '表空间 {oid}："{path}"',
  'exporting.wal-missing': '备份 {backup} 需要 WAL 文件 {name}，但备份和该实例的归档中都没有',
  'exporting.wal-missing.hint': '没有所需的 WAL，备份无法达到一致。没有导出任何内容。',
};
