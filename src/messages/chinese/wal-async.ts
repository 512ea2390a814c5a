import type { walAsyncMessages as english } from '../english/wal-async.ts';
import type { Translation } from '../translation.ts';

export const walAsyncMessages: Translation<typeof english> = {
  'wal-async.help.async': '由另一个进程同时推送多个等待中的文件；本文件进入归档后才结束',
  'wal-async.help.at-once': '与 --async 一起使用：同时推送多少个，1 到 16（默认 4）',
  'wal-async.help.timeout': '与 --async 一起使用：多少秒后放弃；服务器会再次请求（默认 60）',
  'wal-async.help.spool':
    '与 --async 一起使用：两个进程互相通信的目录（GAUSSKEEP_SPOOL）；默认位于数据目录旁边，目录名后加 ".gausskeep-spool"',
  'wal-async.help.status-spool': '"wal push --async" 的缓冲目录（GAUSSKEEP_SPOOL）；默认位于数据目录旁边',
  'wal-async.needs-async': '{option} 需要 --async',
  'wal-async.spool-of-others': '缓冲目录 "{path}" 其他账户可以写入，或者属于其他账户',
  'wal-async.spool-in-data': '缓冲目录 "{spool}" 位于数据目录 "{directory}" 之内',
  'wal-async.spool-in-data.hint': '基础备份会包含它。请用 --spool 指定数据目录旁边的目录。',
  'wal-async.no-spool': '{name} 由本次调用单独推送：缓冲目录 "{spool}" 不能使用：{reason}',
  'wal-async.no-pusher': '{name} 由本次调用单独推送：无法启动推送进程',
  'wal-async.stands-still': '{name} 由本次调用单独推送：应当推送它的进程 {pid} 停住不动',
  'wal-async.late': '{name} 在 {seconds} 秒后仍不在归档中',
  'wal-async.late-because': '{name} 在 {seconds} 秒后仍不在归档中：{reason}',
  'wal-async.late.hint':
    '没有丢失任何内容：服务器保留该文件并会再次请求。"gausskeep wal status DATA-DIRECTORY" 显示等待中的文件。',
  'wal-async.changed': '{name} 在推送期间被改动',
  'wal-async.endangered-backlog': 'WAL 所在磁盘有危险：{count} 个文件等待归档，共 {size}，而剩余空间为 {free}',
  'wal-async.endangered-free':
    'WAL 所在磁盘有危险：{total} 中剩余 {free}，有 {count} 个文件等待归档，共 {size}，最早的已等待 {age}',
  'wal-async.status.head': '"{directory}" 的归档：{state}',
  'wal-async.status.well': '没有文件等待超过一分钟',
  'wal-async.status.behind': '落后',
  'wal-async.status.fails': '失败',
  'wal-async.status.endangered': '落后，而且 WAL 所在磁盘有危险',
  'wal-async.status.waiting': '  等待：{count} 个文件，共 {size}，最早的 {name} 已等待 {age}',
  'wal-async.status.nothing': '  等待：无',
  'wal-async.status.free': '  WAL 所在磁盘剩余：{total} 中的 {free}',
  'wal-async.status.pusher': '  推送到 {archive}：{state}',
  'wal-async.status.at-work': '进程 {pid}，自 {since} 起 {count} 个文件，每分钟 {rate} 个，正在推送 {now}',
  'wal-async.status.not-at-work': '现在没有进程；最后一次出现于 {at}',
  'wal-async.status.no-pusher': '  根据 "{spool}" 中的内容，没有为它运行过 "wal push --async"',
  'wal-async.status.last': '  最后推送：{name}，时间 {at}',
  'wal-async.status.trouble': '  自 {since} 起在 {name} 处失败：{reason}',
  'wal-async.status.no-data': '"{path}" 既不是 "wal receive" 的状态文件，也不是数据目录',
  'wal-async.status.idle': '无',
};
