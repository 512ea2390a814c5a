import type { incrementalMessages as english } from '../english/incremental.ts';
import type { Translation } from '../translation.ts';

export const incrementalMessages: Translation<typeof english> = {
  'incremental.damaged': '备份中的增量文件 "{path}" 已损坏：{reason}',
  'incremental.of-backup': '备份链中的备份 "{backup}" 无法还原：{reason}',
  'incremental.of-backup.hint':
    '用 gausskeep verify {backup:word} 检查它，并改用它的另一份副本还原。没有它，备份链到它之前为止；--no-verify 会把只是与备份清单不一致的文件原样还原。',
  'incremental.step-full': '正在还原全量备份 "{backup}"',
  'incremental.step': '正在应用增量备份 "{backup}"',
  'incremental.no-magic': '它的开头不是增量文件的开头',
  'incremental.many-blocks': '它列出了 {count} 个块，而一个文件最多有 {limit} 个',
  'incremental.bad-length': '它说文件原有 {count} 个块，而一个文件最多有 {limit} 个',
  'incremental.bad-block': '块 {block} 列在了它不可能在的位置',
  'incremental.goes-on': '它比它的块列表所说的更长',
  'incremental.no-head': '备份中的增量文件 "{path}" 已损坏：它在头部中间就结束了',
  'incremental.ends': '备份中的增量文件 "{path}" 已损坏：它的块数据为 {actual} 字节，而头部列出的是 {expected} 字节',
  'incremental.too-long': '备份中的增量文件 "{path}" 已损坏：它比它的块列表所说的更长',
  'incremental.unexpected': '按 backup_label，该备份不是增量备份，但其中有增量文件 "{path}"',
  'incremental.no-original': '之前的备份中没有文件 "{path}"，而增量文件 "{name}" 是对它的更改',
  'incremental.page-sizes':
    '备份 "{backup}" 来自块大小为 {size} 字节、每个文件 {blocks} 个块的实例：不合并这种实例的增量备份',
  'incremental.page-sizes.hint': '通常的 8192 字节和 131072 个块可以合并。请使用该服务器的 pg_combinebackup。',
  'incremental.other-release':
    '备份 "{backup}" 的版本（catalog {actual}）与 "{earlier}" 的版本（catalog {expected}）不同',
  'incremental.first-not-full': '第一个备份 "{backup}" 是增量备份：排在最前的应是全量备份',
  'incremental.full-later': '备份 "{backup}" 是全量备份，而只有第一个可以是全量备份',
  'incremental.other-start': '备份 "{earlier}" 始于 LSN {actual}，而 "{backup}" 所基于的备份始于 LSN {expected}',
  'incremental.other-timeline': '备份 "{earlier}" 始于时间线 {actual}，而 "{backup}" 所基于的备份始于时间线 {expected}',
  'incremental.other-instance': '备份 "{backup}" 属于实例 {actual}，而 "{earlier}" 属于实例 {expected}',
  'incremental.manifest-instance': '备份 "{backup}" 的备份清单属于实例 {expected}，而它的 pg_control 属于实例 {actual}',
  'incremental.twice': '备份 "{first}" 与 "{second}" 是同一个备份',
  'incremental.twice.hint': '备份链中的每个备份只应指定一次。',
  'incremental.order.hint': '按这个顺序可以衔接：{order}。',
  'incremental.missing.hint':
    '缺少的是在时间线 {timeline} 上始于 LSN {lsn} 的备份（见其 backup_label 中的 START WAL LOCATION）：请在 "{backup}" 之前指定它。',
  'incremental.one-line.hint': '请先指定一个全量备份，再由旧到新指定通向最后一个的每个增量备份。',
};
