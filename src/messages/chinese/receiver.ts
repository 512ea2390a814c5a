import type { receiverMessages as english } from '../english/receiver.ts';
import type { Translation } from '../translation.ts';

export const receiverMessages: Translation<typeof english> = {
  'receiver.not-wal': '服务器从 {lsn} 起发来的内容不是这个实例在这个位置的 WAL',
  'receiver.timeline-behind': '服务器在时间线 {theirs} 上，而已接收的 WAL 到 {lsn} 处已在时间线 {ours} 上',
  'receiver.timeline-elsewhere': '服务器的时间线 {theirs} 不是从时间线 {ours} 来的，而后者的 WAL 已接收到 {lsn}',
  'receiver.other-line.hint':
    '该服务器是旧主机，或曾被恢复到另一个时刻，或是该实例的另一个副本。没有写入任何内容。请指定正确的服务器，或接收到另一个目录或归档。',
  'receiver.fork':
    '从时间线 {timeline} 的 {lsn} 起，服务器上的 WAL 与已接收的不同：它曾被恢复到更早的时刻，或是该实例的另一个副本',
  'receiver.fork-before': '从时间线 {timeline} 的 {lsn} 或更早处起，服务器上的 WAL 与已接收的不同',
  'receiver.fork.hint':
    '没有写入任何内容。请把恢复后的服务器的 WAL 接收到另一个目录，或用 --archive 和 --on-fork=generation 接收到归档的新世代，并做一次新的备份。',
  'receiver.fork-unknown': '服务器上的 WAL 与已接收的不同，但无法得知在何处分叉：服务器或归档中已没有段 {segment}',
  'receiver.unproved': '无法得知服务器的 WAL 是否接在已接收 WAL 的末尾（{lsn}）之后：它已删除段 {segment}',
  'receiver.unproved.hint':
    '在此期间服务器可能已被恢复到更早的时刻。如果没有，用 --on-unproved=continue 继续；如果有，请接收到另一个目录或新的归档世代。',
  'receiver.unproved-warning': '从 {lsn} 继续，尽管无法与之前接收的内容比对：服务器已删除段 {segment}',
  'receiver.gap':
    '服务器上已没有从 {begin} 起的 WAL（时间线 {timeline}）：{begin} 与 {end} 之间的内容，本接收程序已无法得到',
  'receiver.gap.hint':
    '从更早的备份恢复只能到 {begin} 为止。请做一次新的备份。要在断档之后继续接收，用 --on-gap=continue；复制槽（-S）可以不让服务器删除 WAL。',
  'receiver.gap-warning':
    'GAP（断档）：从 {begin} 到 {end} 的 WAL（时间线 {timeline}），本接收程序已无法得到；从 {end} 继续。请做一次新的备份：从更早的备份恢复只能到 {begin} 为止',
  'receiver.no-primary': '{count} 台服务器中没有一台是连得上的主机：{reasons}',
  'receiver.none-fits': '没有一台服务器既连得上，又符合 target_session_attrs={wanted} 的要求：{reasons}',
  'receiver.not-primary': '{server} 是备机',
  'receiver.skipped-server': '不使用 {server}：{reason}',
  'receiver.slot-made': '已在 {server} 上创建复制槽 "{slot}"',
  'receiver.slot-left': '本次创建的复制槽 "{slot}" 仍留在服务器上并在那里保留 WAL（{reason}）；要删除它：{statement}',
  'receiver.slot-warn': '复制槽 "{slot}" 使服务器保留了 {retained} 字节 WAL（从 {limit} 字节起发出警告）',
  'receiver.slot-max': '复制槽 "{slot}" 使服务器保留了 {retained} 字节 WAL（最多允许 {limit} 字节）',
  'receiver.slot-max.hint':
    '接收程序因 --on-slot-max 而结束。复制槽仍在，并继续保留 WAL：请重新启动接收程序，或删除该复制槽。',
  'receiver.slot-dropped': '复制槽 "{slot}" 使服务器保留了 {retained} 字节 WAL（最多允许 {limit} 字节），已被删除',
  'receiver.slot-not-dropped':
    '复制槽 "{slot}" 使服务器保留了 {retained} 字节 WAL（最多允许 {limit} 字节），但无法删除它',
  'receiver.slot-not-dropped.hint': '它会继续保留 WAL。请在服务器上删除它：{statement}',
  'receiver.slot-dropped.hint':
    '服务器现在可能会删除尚未接收的 WAL。请尽快用新的复制槽启动接收程序，否则会出现断档；那时请做一次新的备份。',
};
