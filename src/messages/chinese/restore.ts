import type { restoreMessages as english } from '../english/restore.ts';
import type { Translation } from '../translation.ts';

/** Sentences of restore. */
export const restoreMessages: Translation<typeof english> = {
  'restore.no-backup': '"{backup}" 中没有备份',
  'restore.no-backup.hint':
    '备份是含有 PG_VERSION 的目录，或者是 tar 包中有 base.tar、base.tar.gz、base.tar.lz4 或 base.tar.zst 的目录。',
  'restore.no-label': '备份 "{backup}" 没有 backup_label',
  'restore.no-label.hint':
    '没有它，服务器会从错误的位置开始恢复，数据悄无声息地损坏。它被删除了，或者这不是备份，而是数据目录的副本。',
  'restore.no-control': '备份 "{backup}" 没有 global/pg_control：备份不完整',
  'restore.note-too-large': '备份中的文件 "{name}" 超过 {limit} 字节',
  'restore.archive-twice': 'tar 包 "{name}" 有两份，压缩方式不同',
  'restore.archive-damaged': '无法读取 tar 包 "{archive}"：{reason}',
  'restore.tablespace-archive-missing': 'tablespace_map 中有表空间 {oid}，但备份中没有它的 tar 包',
  'restore.tablespace-unknown': '备份中有表空间 {oid}，但备份没有列出它',
  'restore.location-relative': '备份中表空间 {oid} 的位置不是绝对路径：{path}',
  'restore.dangling-link': '备份中的表空间链接 "{path}" 指向不存在的位置：{target}',
  'restore.incremental': '备份 "{backup}" 是增量备份：不能单独还原',
  'restore.incremental.hint':
    '在它之前写出它所依赖的备份：gausskeep restore --from FULL --from … --from THIS。紧挨在它前面的备份起始于时间线 {timeline} 的 LSN {lsn}（其 backup_label 中的 START WAL LOCATION）。',
  'restore.overlap': '备份 "{backup}" 与目标目录 "{path}" 一个在另一个之中',
  'restore.overlap.hint': '把备份移到别处，或还原到另一个目录。',
  'restore.reads-from-target': '恢复要从 "{place}" 读取，而它在 "{path}" 中，还原会改动后者',
  'restore.reads-from-target.hint': '先把它移到单独的位置，或还原到另一个目录。',
  'restore.reads-wal-from-target.hint':
    '先把 WAL 复制到别处，用 --wal-from 指定；或使用 --force，它会把旧目录移到一旁，并从那里读取 WAL。',
  'restore.manifest-and-target':
    '--manifest-checksums 把还原出的实例做成备份，而要恢复到某个目标的实例不是备份：二者只能给一个',
  'restore.manifest-unknown-end':
    '备份 "{backup}" 没有备份清单：不知道它的 WAL 需要到哪里，因此 --manifest-checksums 无法为还原出的实例写备份清单',
  'restore.manifest-unverified':
    '使用 --no-verify 时，文件没有与任何内容比对，而还原出的实例的备份清单会替它们担保：--no-verify 与 --manifest-checksums 只能给一个',
  'restore.manifest-unchecked':
    '备份 "{backup}" 没有备份清单：它的文件没有与任何内容比对，而还原出的实例的备份清单会替它们担保',
  'restore.manifest-unknown-end.hint': '不用这个选项还原，或从有备份清单的备份还原。',
  'restore.inside-instance': '目标目录 "{path}" 在另一个实例的数据目录 "{instance}" 中',
  'restore.foreign': '目录 "{path}" 中是实例 {actual}，而备份属于实例 {expected}',
  'restore.foreign.hint': '检查路径。如果确实要替换另一个实例，加上 --allow-foreign。',
  'restore.foreign-delta.hint': '--delta 还原只更新同一实例的目录。要替换已有内容，用 --force。',
  'restore.delta-unknown': '目录 "{path}" 无法更新：看不出它是哪个实例',
  'restore.delta-and-force': '不能同时指定 --delta 和 --force',
  'restore.not-empty.hint':
    '使用 --force 时，先把其中的内容（包括表空间）移到一旁；使用 --delta 时，就地更新，不予保留。',
  'restore.unfinished.hint':
    '对它的一次还原没有完成。用 --delta 继续，或用 --force 重新开始，后者会把已有内容移到一旁。',
  'restore.unfinished-other': '目录 "{path}" 中是另一个备份的未完成的还原',
  'restore.unfinished-other.hint':
    '用 --delta 和那个备份继续，或用 --force 重新开始，后者会把已有内容移到一旁。',
  'restore.dangling-target': '"{path}" 是指向不存在位置的链接',
  'restore.tablespace-shared': '表空间 {oid} 和 {other} 会共用目录 "{path}"',
  'restore.tablespace-in-instance': '表空间 {oid} 会放到 "{path}"，它在另一个实例的数据目录 "{instance}" 中',
  'restore.tablespace-inside': '表空间 {oid} 会放到 "{path}"，它在目标目录中',
  'restore.tablespace-above': '表空间 {oid} 会放到 "{path}"，而目标目录就在其中',
  'restore.tablespace-filled': '表空间 {oid} 的目录 "{path}" 已存在且不为空',
  'restore.mapping.hint': '给表空间一个单独的目录，例如 -T {oid}=/NEW/DIRECTORY。',
  'restore.mapped-twice': '表空间 {oid} 映射了两次',
  'restore.mapping-unused': '备份中没有位于 "{name}" 的表空间：这个映射不起作用',
  'restore.owner-not-root': '只有 root 才能把还原出的文件交给另一个账号（{uid}）',
  'restore.unknown-owner': '没有账号 "{name}"',
  'restore.bad-setting-name': '无效的参数名："{name}"',
  'restore.bad-setting-value': '参数 "{name}" 的值必须是一行',
  'restore.node-name': '节点名不能改为 "{wanted}"：备份的表空间属于节点 "{actual}"',
  'restore.node-name.hint': '它是各表空间中目录名的一部分。请保留源实例的节点名。',
  'restore.port-range': '端口 {port} 不存在',
  'restore.port-taken': '端口 {port} 上已有程序在监听',
  'restore.port-socket': '端口为 {port} 的服务器已在监听套接字 "{socket}"',
  'restore.port-taken.hint': '选择另一个端口。',
  'restore.port-pair.hint': '这个服务器监听该端口和大 1 的端口：选择两者都空闲的端口。',
  'restore.running': '目录 "{path}" 中有服务器正在运行（进程 {pid}）',
  'restore.running.hint': '先停止它：{command}',
  'restore.socket-held': '目录 "{path}" 的服务器在套接字 "{socket}" 上有应答',
  'restore.perhaps-running': 'postmaster.pid 中的进程 {pid} 存在，但无法判断它是否是目录 "{path}" 的服务器',
  'restore.perhaps-running.hint':
    '停止服务器：{command}。如果没有服务器在运行，自行从 {path} 中删除 postmaster.pid。',
  'restore.pid-unclear': '目录 "{path}" 中的 postmaster.pid 没有说明属于哪个进程',
  'restore.pid-unreadable': '目录 "{path}" 中的 postmaster.pid 无法读取',
  'restore.made-directories': '已创建服务器需要而备份中没有的目录：{names}',
  'restore.twice': '备份中有两个 "{name}"',
  'restore.size': '备份中的文件 "{path}" 有 {actual} 字节，但其备份清单记为 {expected}',
  'restore.checksum': '备份中的文件 "{path}" 校验和不匹配',
  'restore.missing': '文件 "{path}" 在备份清单中，但不在备份中',
  'restore.unlisted': '文件 "{path}" 在备份中，但不在其备份清单中',
  'restore.unlisted-backup':
    '备份 "{backup}" 的文件没有校验：旁边没有 backup_manifest。如果这是已知的，用 --no-verify 说明',
  'restore.mismatch.hint':
    '备份完成之后被改动或损坏了。用 gausskeep verify 查看；--no-verify 会原样还原它。',
  'restore.identity': '备份的控制文件属于实例 {actual}，但其备份清单属于实例 {expected}',
  'restore.link-elsewhere': '链接 "{path}" 没有指向应指的位置：{target}',
  'restore.link-in-instance': '链接 "{path}" 指向另一个实例的数据目录之中：{target}',
  'restore.in-place':
    '表空间 {oid} 就在数据目录中，没有为此设置参数，还原出的实例无法启动：还原时用 --set allow_in_place_tablespaces=on，或把它加入 postgresql.conf',
  'restore.no-wal':
    '备份中没有 WAL 段 {segment}：没有能提供它的 restore_command，还原出的实例无法启动',
  'restore.lacks-files': '备份时没有取得服务器的这些文件，还原出的实例也没有：{files}',
  'restore.owned-by-root':
    '"{path}" 中的文件属于 root，而服务器不能以 root 运行：用 --owner 还原，或改变它们的属主',
  'restore.not-moved-back': '无法把 "{to}" 移回 "{from}"',
  'restore.moved': '已把 "{from}" 移到一旁：现在是 "{to}"',
  'restore.moved-back': '已把 "{to}" 移回：又是 "{from}"',
  'restore.delta-begins': '就地更新 "{path}"：原有内容不保留',
  'restore.link': '表空间 {oid} 已链接到 "{path}"',
  'restore.two-phase': '未还原 pg_twophase 中的这些文件，因为 WAL 会再次预备它们：{names}',
  'restore.new-manifest': '正在为还原出的实例写备份清单（{algorithm}）',
  'restore.syncing': '正在使全部内容落盘',
  'restore.progress': '已还原 {done}/{total} kB（{percent}%）',
  'restore.no-from': '没有指定备份（--from）',
  'restore.no-pgdata': '没有指定目标目录（--pgdata）',
  'restore.bad-port': '无效的端口号："{text}"',
  'restore.bad-set': '无效的参数设置 "{text}"，必须是 NAME=VALUE',
  'restore.progress-wal': '已证明 {done}/{total} kB（{percent}%）的 WAL',
  'restore.bad-plan': '无效的计划 "{text}"，必须是 "quick" 或不给值',
  'restore.bad-archive-mode': '无效的归档模式 "{text}"，必须是 "off" 或 "preserve"',
  'restore.limit-too-low': '{name} = {own} 太低：源实例为 {needed}，低于此值，还原出的实例无法恢复',
  'restore.limit-too-low.hint': '不设置 {name}，或设为 {needed} 或更高；恢复结束之后可以调低。',
};
