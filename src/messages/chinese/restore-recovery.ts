import type { restoreRecoveryMessages as english } from '../english/restore-recovery.ts';
import type { Translation } from '../translation.ts';

export const restoreRecoveryMessages: Translation<typeof english> = {
  'restore-recovery.help.target': '时间点恢复（不给目标则恢复到 WAL 末尾）：',
  'restore-recovery.help.target-time': '停在第一个晚于 TIME 的提交之前',
  'restore-recovery.help.target-lsn': '停在起始于 LSN 或其后的记录处',
  'restore-recovery.help.target-xid': '事务 XID 结束时停止',
  'restore-recovery.help.target-name': '停在恢复点 NAME',
  'restore-recovery.help.target-immediate': '备份一达到一致就停止',
  'restore-recovery.help.target-inclusive': '时间、LSN、XID：包含恰好在该处的内容（默认）',
  'restore-recovery.help.target-exclusive': '时间、LSN、XID：不包含该处的内容',
  'restore-recovery.help.target-timeline': '沿哪条时间线恢复；默认：备份自身的时间线；latest',
  'restore-recovery.help.target-action': '到达后 pause（默认）、promote 或 shutdown',
  'restore-recovery.help.require-pause': '拒绝服务器无法暂停的目标',
  'restore-recovery.help.allow-end-of-wal': '目标不在 WAL 中时，恢复到 WAL 末尾',
  'restore-recovery.help.allow-tablespace-replay': '即使目录在本机已存在，也回放 CREATE TABLESPACE',
  'restore-recovery.help.wal': 'WAL 与备份：',
  'restore-recovery.help.archive':
    'WAL 归档（目录或 s3://BUCKET/PREFIX），或任意工具存放 WAL 的目录（GAUSSKEEP_ARCHIVE）',
  'restore-recovery.help.backups':
    '存放备份的目录，从中选择备份，除非 --from 已指定备份（GAUSSKEEP_BACKUPS）；可重复指定',
  'restore-recovery.help.wal-from': '另外存有 WAL 的目录；可重复指定',
  'restore-recovery.help.wal-supply': '把 WAL 放入数据目录（openGauss 的默认方式），或由服务器自行获取',
  'restore-recovery.help.prefetch':
    '服务器最多预取多少个段，同时取几个（0 到 64；WAL 在对象存储中或已加密时默认 4，否则 0）',
  'restore-recovery.help.restore-command': '自备的 restore_command；默认：gausskeep 的',
  'restore-recovery.help.archive-cleanup-command': '服务器的 archive_cleanup_command',
  'restore-recovery.help.recovery-end-command': '服务器的 recovery_end_command',
  'restore-recovery.bad-supply': '无效的 --wal-supply "{text}"：应为 copy 或 restore-command',
  'restore-recovery.copy-and-command': '--wal-supply=copy 与 --restore-command 不能同时使用',
  'restore-recovery.quick-only': '快速计划不能执行：WAL 没有读取',
  'restore-recovery.quick': '快速计划：WAL 没有读取，看不到其中的损坏；还原时会读取，并可能拒绝。',
  'restore-recovery.next': '下一步：{command}',
  'restore-recovery.not-in-archive': '需要 {name}，而它只在 {from} 中，restore_command 不从那里获取',
  'restore-recovery.not-in-archive.hint': '去掉 --wal-supply，或给出 --wal-supply=copy：这样 WAL 会放入数据目录。',
  'restore-recovery.changed': '{name} 与制定计划时不同，或已损坏（{from}）',
  'restore-recovery.gone': '{name} 已不在制定计划时所在的位置（{from}）',
  'restore-recovery.changed.hint': '重新制定计划（--plan）：它会读取现有的每一个字节。',
  'restore-recovery.no-pause': 'hot_standby = off 时服务器无法暂停：到达目标时会关闭',
  'restore-recovery.no-pause.hint': '给出 --set hot_standby=on。',
  'restore-recovery.other-instance': 'WAL 属于实例 {expected}，备份属于实例 {actual}',
  'restore-recovery.no-archive': '没有可供 restore_command 获取 WAL 的归档',
  'restore-recovery.tablespace': '要回放的 WAL 会在 "{path}" 创建表空间 {oid}（记录 {lsn}），而该目录在本机已有内容',
  'restore-recovery.tablespace.hint':
    '服务器会清空它。如果没有别的程序在用，可用 --allow-tablespace-replay 继续；否则让恢复停在该记录之前。',
  'restore-recovery.tablespace-missing':
    '要回放的 WAL 会在 "{path}" 创建表空间 {oid}（记录 {lsn}），而该目录不存在：服务器会在那里失败',
  'restore-recovery.tablespace-missing.hint': '创建空目录 "{path}"，属主为服务器的账号，或让恢复停在该记录之前。',
  'restore-recovery.passed-over': '跳过备份 {name}：{reason}',
  'restore-recovery.backup': '从备份 {name} 开始，自 {lsn} 起一致（{time}）',
  'restore-recovery.latest': '目标：WAL 末尾',
  'restore-recovery.target': '目标：{target}',
  'restore-recovery.time': '即 {time}',
  'restore-recovery.wal':
    '需要 WAL {first} 到 {last}：{count} 个段，时间线 {timeline}，已读到恢复所需之处 {lsn}：完整且首尾衔接',
  'restore-recovery.remembered':
    '{count} 个段中有 {known} 个由先前的运行读过，这次没有读，按大小和时间看此后未变；GAUSSKEEP_CACHE=（空）则全部读取',
  'restore-recovery.wal-unread':
    '需要 WAL {first} 到 {last}：{count} 个段，时间线 {timeline}，都在，按索引首尾衔接；没有读取',
  'restore-recovery.copy-exact': '采用复制方式，因为这个服务器只有在 WAL 结束处才停得准确',
  'restore-recovery.copy-no-archive': '采用复制方式，因为没有可从中获取 WAL 的归档',
  'restore-recovery.copy-damaged-behind': '采用复制方式，因为归档中的 {name} 已损坏，请求它的服务器会在那里失败',
  'restore-recovery.copy-damaged-crossing':
    '采用复制方式，因为归档中的 {first} 或 {next} 已损坏，读这两个段的服务器会在它们之间结束',
  'restore-recovery.copy-elsewhere': '采用复制方式，因为 {name} 不在归档中，而在 {from} 中',
  'restore-recovery.command-in-archive': '采用 restore_command，因为全部 WAL 都在归档中',
  'restore-recovery.by-copy': '清空 WAL 目录，放入 {count} 个段的独立副本',
  'restore-recovery.by-command': '服务器用 restore_command 从 {archive} 获取 WAL',
  'restore-recovery.fetched-compared': '获取的内容与推送时的回执比对',
  'restore-recovery.fetched-uncompared':
    '{count} 个段没有推送的回执：本计划之后的改动在获取时发现不了，只有服务器能发现',
  'restore-recovery.fetched-by-other': '自备的 restore_command 所获取的内容，不与这里读到的比对',
  'restore-recovery.cut': '最后一个段从 {lsn} 起全为零：其后的内容都无法回放',
  'restore-recovery.stops-at-end': '随 WAL 结束于 {lsn}',
  'restore-recovery.stops-before': '停在 {start} 处的{what}之前；WAL 回放到 {lsn}',
  'restore-recovery.stops-after': '停在 {start} 处的{what}之后；WAL 回放到 {lsn}',
  'restore-recovery.none-kept': '保留的最后一个事务：备份中的最后一个；重放的 WAL 中没有事务结束',
  'restore-recovery.kept-in-backup': '保留的最后一个事务：{transaction}，在备份中；重放的 WAL 中没有事务结束',
  'restore-recovery.last-kept': '保留的最后一个事务：{transaction}',
  'restore-recovery.first-lost':
    '丢失的第一个事务：{transaction}；从那里起的 {commits} 个提交和 {aborts} 个回滚不复存在',
  'restore-recovery.lost-by-indexes':
    '就索引所知丢失的：从 {transaction} 起，{commits} 个提交和 {aborts} 个回滚；其后的 WAL 不完整，除此之外还有什么不得而知',
  'restore-recovery.loss-unknown':
    '不知道丢失了哪些事务：其后的 WAL 已损坏、缺失或属于另一条线，而且没有索引说明其中有什么',
  'restore-recovery.nothing-lost': '没有已知的更晚的事务',
  'restore-recovery.told': '告诉服务器的目标是 {target}，使它在 WAL 结束处暂停',
  'restore-recovery.pauses': '服务器在那里暂停，只读，直到执行 gausskeep resume',
  'restore-recovery.shuts-down': '服务器在那里关闭；要打开它，设置 recovery_target_action = promote 后再次启动',
  'restore-recovery.shuts-down-for-pause':
    '服务器无法在那里暂停，因为 hot_standby 为 off：它会关闭。要先查看还原出的实例，用 --set hot_standby=on 还原',
  'restore-recovery.limit':
    'WAL 在 {lsn} 处把 {name} 设为 {value}，还原出的实例在恢复期间无法跟着改：启动时就取不低于此的值',
  'restore-recovery.creates-tablespace': '回放会在 "{path}" 创建表空间 {oid}（{lsn}）',
  'restore-recovery.drops-tablespace': '回放会删除表空间 {oid}（{lsn}）',
};
