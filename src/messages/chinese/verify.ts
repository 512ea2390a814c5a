import type { verifyMessages as english } from '../english/verify.ts';
import type { Translation } from '../translation.ts';

/** Sentences of verify. */
export const verifyMessages: Translation<typeof english> = {
  'verify.verified': '备份校验成功',
  'verify.progress': '已校验 {done}/{total} kB（{percent}%）',
  'verify.progress-wal': '已校验 {done}/{total} kB（{percent}%）的 WAL',
  'verify.open-file': '无法打开文件 "{path}"：{reason}',
  'verify.read-file': '无法读取文件 "{path}"：{reason}',
  'verify.open-directory': '无法打开目录 "{path}"：{reason}',
  'verify.stat': '无法获取文件或目录 "{path}" 的状态：{reason}',
  'verify.not-file-or-directory': '"{path}" 不是普通文件，也不是目录',
  'verify.endless-link': '"{path}" 是指向上级目录的链接',
  'verify.extra': '"{path}" 在磁盘上，但不在备份清单中',
  'verify.missing': '"{path}" 在备份清单中，但不在磁盘上',
  'verify.size': '"{path}" 在磁盘上的大小为 {actual}，在备份清单中为 {expected}',
  'verify.checksum': '文件 "{path}" 的校验和不匹配',
  'verify.checksum-length': '文件 "{path}" 的校验和长度为 {actual}，应为 {expected}',
  'verify.read-size': '文件 "{path}" 应有 {expected} 字节，实际读到 {actual} 字节',
  'verify.not-regular': '文件 "{path}" 不是普通文件',
  'verify.unexpected-archive': 'tar 格式的备份中不应有文件 "{path}"',
  'verify.archive-twice': 'tar 包 "{path}" 有两份：另一份是 "{other}"',
  'verify.no-base-archive': '"{path}" 中没有 base.tar',
  'verify.no-base-archive.hint':
    '备份是含有 PG_VERSION 的目录，或者是 tar 包中有 base.tar 或 base.tar.gz 的目录。',
  'verify.archive-extra': '文件 "{path}" 在 tar 包 "{archive}" 中，但不在备份清单中',
  'verify.archive-size': '文件 "{path}" 在 tar 包 "{archive}" 中的大小为 {actual}，在备份清单中为 {expected}',
  'verify.archive-checksum': 'tar 包 "{archive}" 中文件 "{path}" 的校验和不匹配',
  'verify.archive-checksum-length': 'tar 包 "{archive}" 中文件 "{path}" 的校验和长度为 {actual}，应为 {expected}',
  'verify.archive-damaged': '无法读取 tar 包 "{archive}"：{reason}',
  'verify.version-missing': '备份中没有 "PG_VERSION"',
  'verify.control-missing': '备份中没有 "global/pg_control"',
  'verify.control-damaged': '{path}：{reason}',
  'verify.control-crc': '{path}：CRC 不正确',
  'verify.control-version': '{path}：控制文件的版本不符合预期',
  'verify.control-identity': '{path}：备份清单的系统标识符为 {expected}，而控制文件的为 {actual}',
  'verify.label-missing': '备份中没有 "backup_label"',
  'verify.label-damaged': 'backup_label：{reason}',
  'verify.link-target': '表空间链接 "{path}" 没有指向目录：{target}',
  'verify.link-inside': '表空间链接 "{path}" 指向另一个数据目录之中：{target}',
  'verify.tablespace-missing': '表空间 {oid} 在 tablespace_map 中，但不在备份中',
  'verify.place-shared':
    '表空间 {oid} 和 {other} 一个在另一个之中，位于 "{path}"：还原时需要给其中一个指定位置（-T {oid}=/NEW/DIRECTORY）',
  'verify.place-in-instance':
    '表空间 {oid} 原来位于 "{path}"，在那里现有的数据目录 "{instance}" 中：还原时需要给它另外指定位置（-T {oid}=/NEW/DIRECTORY）',
  'verify.link-into-backup':
    '表空间链接 "{path}" 指向备份自身之中的 "{target}"：还原时需要给它另外指定位置（-T {oid}=/NEW/DIRECTORY）',
  'verify.link-of-another':
    '表空间链接 "{path}" 指向 "{target}"，在本备份之外：这是一个副本，在它上面启动的服务器会使用另一个备份的文件（还原会重新建立链接）',
  'verify.link-shared':
    '表空间链接 "{path}" 指向 "{target}"，"{other}" 的该链接也一样：在其中一个上启动的服务器会改动两者的文件（还原会各自复制）',
  'verify.lacks-directories':
    '备份中缺少服务器启动所需、其中没有内容的目录：{names}（还原会创建它们）',
  'verify.incremental':
    '这是增量备份：还原还需要它所依赖的备份（紧挨在它前面的备份起始于时间线 {timeline} 的 LSN {lsn}），那些备份没有检查',
  'verify.tablespace-unknown': 'tar 包 "{archive}" 中是表空间 {oid}，而它不在 tablespace_map 中',
  'verify.page': '文件 "{path}" 的块 {block} 校验和检查失败：计算得 {computed}，而块中为 {stored}',
  'verify.page-empty': '文件 "{path}" 的块 {block} 页检查失败：页头为空，但页不为空',
  'verify.pages-more': '文件 "{path}" 还有 {count} 个页检查失败',
  'verify.page-unproved':
    '文件 "{path}" 的 {count} 个页是否损坏无法判断：它们检查失败，而读到的 WAL 都没有说明会不会替换它们',
  'verify.wal-path.hint': '指定存放 WAL 的目录、WAL 归档目录或 WAL 的 tar 包（-w），或者不用 -w。',
  'verify.wal-missing': 'WAL 段 {segment} 不在备份中',
  'verify.wal-short': 'WAL 段 {segment} 有 {actual} 字节，应为 {expected} 字节',
  'verify.wal-read': '无法读取 WAL 段 {segment}：{reason}',
  'verify.wal-damaged': '{lsn} 处的 WAL 记录有错误：{reason}',
  'verify.wal-failed': '时间线 {timeline} 的 WAL 解析失败',
  'verify.wal-start-not-covered':
    '备份清单所列的 WAL 不包含备份的起点，即时间线 {timeline} 的 {lsn}：不能证明服务器可以回放它',
  'verify.wal-no-end': '备份中的 WAL 结束于 {lsn}，在备份结束之前',
  'verify.no-manifest': '备份没有备份清单：无法证明自备份以来没有文件缺失、增加或改动',
  'verify.no-manifest.hint':
    'gs_basebackup（gausskeep）和 pg_basebackup 13 或更高版本的备份有备份清单。如果需要这项证明，用其中之一做备份。',
  'verify.pages-not-judged': '页校验和没有检查：{reason}',
  'verify.checksums-off': '该实例没有页校验和',
  'verify.block-size': '页大小为 {size} 字节，每段 {blocks} 块',
  'verify.control-unreadable': '控制文件无法读取',
  'verify.not-found': '无法打开目录 "{path}"：{reason}',
  'verify.lacks-files': '备份时没有取得服务器的这些文件：{files}',
  'verify.bad-format': '无效的备份格式 "{format}"，必须是 "plain" 或 "tar"',
  'verify.failed': '备份已损坏：发现 {count} 个问题',
  'verify.incomplete-proof': '没有发现错误，但未能全部证明',
};
