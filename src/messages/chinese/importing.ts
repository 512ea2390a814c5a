import type { importingMessages as english } from '../english/importing.ts';
import type { Translation } from '../translation.ts';

export const importingMessages: Translation<typeof english> = {
  'importing.help.from':
    '不连接服务器，而是导入 DIRECTORY 中已有的备份（普通目录或 tar；由 gausskeep、gs_basebackup 或 pg_basebackup 产生）',
  'importing.with-from': '使用 --from 时不向服务器请求任何内容：不能使用 {option}',
  'importing.with-from.hint':
    '可与 --from 一起使用的有 --label、--note、--pin、--compress、--generation、--spool、--progress、--json 和 --verbose。',
  'importing.one-from': '一次只能导入一个备份：--from 给出了 {count} 次',
  'importing.data-directory': '"{path}" 是服务器的数据目录：其中有 postmaster.pid',
  'importing.data-directory.hint':
    '备份运行中的服务器请不要使用 --from。如果这是一个带有该文件的备份，并且没有服务器在其中运行，请先删除该文件。',
  'importing.incremental': '备份 "{backup}" 是增量备份：不能单独导入',
  'importing.incremental.hint':
    '仓库中没有备份链。请用 "gausskeep restore" 并对每个备份给出一个 --from，将它与其所依赖的备份合成完整备份，然后导入该备份。',
  'importing.there': '备份 "{backup}" 已在仓库中：实例 "{instance}" 的 {name}',
  'importing.there.hint': '它有相同的系统标识符和相同的 backup_label。未存储任何内容。',
  'importing.file-missing': '备份中没有 {path}',
  'importing.no-wal': '备份 "{backup}" 没有 WAL，其中也没有说明它需要哪些 WAL',
  'importing.no-wal.hint':
    '它在备份时没有包含 WAL，也没有清单。无法判断该实例的归档是否包含它所需的全部 WAL；请将它与其 WAL 保存在一起，并用 "gausskeep restore --from" 恢复。',
  'importing.segment-missing': '备份 "{backup}" 需要 {segment}，但备份和 "{instance}" 的归档中都没有',
  'importing.segment-missing.hint': '请先用 "gausskeep wal push --repo" 将 WAL 存入归档，然后导入备份。',
  'importing.segment-missing-new.hint':
    '仓库中还没有实例 "{instance}"。请先用 "gausskeep repo adopt ARCHIVE --instance {instance}" 接管存有这些 WAL 的归档，然后导入备份。',
  'importing.mismatch.hint':
    '备份完成之后被改动或损坏了，没有存为备份。用 "gausskeep verify" 查看它，并导入它的另一份副本，或另一个备份。',
  'importing.done-checksums': '每个文件的校验和都与其清单一致',
  'importing.done-sizes': '每个文件的大小都与其清单一致，清单中没有校验和',
  'importing.done-nothing': '它没有清单：其文件未与任何内容比较',
  'importing.done-wal-read': '其 WAL 从开始到结束的每条记录都已读取',
  'importing.done-no-wal': '它不含 WAL：归档中有它所需的段，但未读取它们',
  'importing.done-own-wal': '可从 {endLsn} 起恢复，时间线 {timeline}；其 WAL 在备份自身内，不在该实例的归档中',
};
