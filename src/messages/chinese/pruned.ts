import type { prunedMessages as english } from '../english/pruned.ts';
import type { Translation } from '../translation.ts';

export const prunedMessages: Translation<typeof english> = {
  'pruned.range': '从 {begin} 到 {end} 的 WAL 已于 {date} 按保留规则删除',
  'pruned.with-reason': '{reason}；{pruned}',
  'pruned.row': '{reason}',
  'pruned.row-end': '这里保留的 WAL 到此为止；之前有 {commits} 个提交，{segments} 个段',
  'pruned.wal-file': 'WAL 文件 {name} 不在归档中：从 {begin} 到 {end} 的 WAL 已于 {date} 按保留规则删除',
  'pruned.wal-file.hint':
    'WAL 并不在此结束。较旧的备份只能恢复到它自己的结束点（--target-immediate）；更晚的时刻要从更晚的备份恢复。',
  'pruned.unreachable.hint':
    '{nearest} 这个备份只能恢复到它自己的结束点（--target-immediate）；被删除的 WAL 之后的内容要从更晚的备份恢复。',
  'pruned.meanwhile': '备份 {backup} 不能再恢复到那么远：{pruned}',
  'pruned.meanwhile.hint': '其间执行了保留规则。"gausskeep window" 显示能恢复到哪里。',
  'pruned.copy-missing-behind': 'WAL 被复制到 pg_wal：下一个文件 {name} 缺失，预读的服务器会在那里失败',
  'pruned.list.standalone': '{state}，独立',
  'pruned.list.why': '只能恢复到它的结束点：没有 {begin} 到 {end} 的 WAL，{date} 删除',
  'pruned.help.wal-window': '连续的 WAL 只保留这么长时间：比这更旧的备份只能恢复到它们自己的结束点',
  'pruned.cut': '第 {generation} 代中没有备份需要的 WAL：删除了 {segments} 个段，{bytes}',
  'pruned.cut-dry': '第 {generation} 代中没有备份需要的 WAL：将删除 {segments} 个段，{bytes}',
  'pruned.cut-between': '第 {generation} 代中较旧备份之后的 WAL：删除了 {segments} 个段，{bytes}',
  'pruned.cut-between-dry': '第 {generation} 代中较旧备份之后的 WAL：将删除 {segments} 个段，{bytes}',
  'pruned.cut-range': '{first} 到 {last}',
  'pruned.cut-more': '还有 {count} 段范围（--json 列出全部）',
  'pruned.deleted': '删除了以前移出的 {count} 个备份：{packs} 个包，{bytes}',
  'pruned.deleted-dry': '将删除以前移出的 {count} 个备份：{packs} 个包，{bytes}',
  'pruned.waiting': '{count} 个移出的备份还没有删除：',
  'pruned.waiting-dry': '{count} 个移出的备份还不会删除：',
  'pruned.due': '从 {at} 起',
  'pruned.due-because': '从 {at} 起：{reasons}',
  'pruned.reasons': '{list}',
  'pruned.obstacle.grace': '移出的时间还没有达到 --grace',
  'pruned.obstacle.held': '正在使用',
  'pruned.obstacle.pinned': '固定保留',
  'pruned.obstacle.damaged-mark': '它的一个标记无法读取，可能是固定保留',
  'pruned.obstacle.minimum': '剩下的会少于 --keep-minimum',
  'pruned.passed-over': '跳过了仓库中的 "{name}"：它不是仓库的对象',
};
