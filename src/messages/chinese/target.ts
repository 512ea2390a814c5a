import type { targetMessages as english } from '../english/target.ts';
import type { Translation } from '../translation.ts';

export const targetMessages: Translation<typeof english> = {
  'target.two': '给了两个恢复目标：{first} 和 {second}',
  'target.two.hint':
    '一次恢复只有一个目标。从 --target-time、--target-lsn、--target-xid、--target-name、--target-immediate 中给一个；要恢复到 WAL 末尾则都不给。',
  'target.inclusive-and-exclusive': '--target-inclusive 与 --target-exclusive 不能同时使用',
  'target.inclusive-without': '{option} 只适用于 --target-time、--target-xid 和 --target-lsn',
  'target.bad-boolean': '"{text}" 既不是 true 也不是 false',
  'target.bad-lsn': '"{text}" 不是恢复目标：位置 0/0 没有记录',
  'target.bad-xid': '"{text}" 不是事务号：需要 {lowest} 到 {highest} 的整数',
  'target.xid-special': '事务号 {text} 不属于任何事务：低 32 位小于 3',
  'target.bad-name': '恢复点的名字为 1 到 {limit} 字节，不能有控制字符',
  'target.bad-timeline': '"{text}" 不是时间线：需要 1 到 4294967295 的数、"current" 或 "latest"',
  'target.action-without': '--target-action={action} 需要有目标',
  'target.action-without.hint':
    '没有目标，服务器会恢复到 WAL 末尾，并在那里打开。要在打开之前查看还原出的实例，请给出目标。',
  'target.bad-action': '"{text}" 不是到达目标后的动作：需要 pause、promote 或 shutdown',
  'target.bad-time': '"{text}" 不是能用作恢复目标的时间',
  'target.bad-time.hint': '写成 2026-01-31 12:00:00.5+01:00；与 UTC 的偏移写在最后，Z 即 UTC。',
  'target.no-such-time': '"{text}" 不存在：{reason}',
  'target.month': '没有 {month} 月',
  'target.day': '该月没有 {day} 日',
  'target.clock': '小时最大为 23，分和秒最大为 59',
  'target.year': '1970 年以前的年份不可能出现在 WAL 中',
  'target.special-time': '"{text}" 的含义随读取的时刻而变，因此服务器拒绝把它作为恢复目标',
  'target.no-zone': '时间 "{text}" 没有与 UTC 的偏移，而备份的配置中的 timezone 未知',
  'target.no-zone.hint': '把偏移写在后面，例如 UTC 写 "{text}+00"。',
  'target.unknown-zone': '这里不认识时区 "{zone}"',
  'target.unknown-zone.hint': '改为在时间后面写与 UTC 的偏移，例如 +08:00。',
  'target.ambiguous-zone': '"{zone}" 在不同地方代表不同的偏移',
  'target.offset-range': '"{offset}" 不是与 UTC 的偏移',
  'target.skipped-time': '{zone} 的时钟向前拨时越过了 "{text}"；它指 {first} 或 {second}',
  'target.repeated-time': '{zone} 的时钟往回拨过，因此 "{text}" 出现了两次：{first} 和 {second}',
  'target.two-readings.hint': '写上所要的偏移。',
  'target.time-echo': '{utc} (UTC)',
  'target.time-echo-local': '{utc} (UTC)，{local} ({zone})',
};
