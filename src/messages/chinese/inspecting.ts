import type { inspectingMessages as english } from '../english/inspecting.ts';
import type { Translation } from '../translation.ts';

export const inspectingMessages: Translation<typeof english> = {
  'stats-help.synopsis': '[OPTION]...',
  'stats-help.summary': '仓库占用多少空间，用于什么',
  'stats-help.what':
    '说明仓库中每个实例以及全部实例存储了多少内容，其中备份使用了多少。它列出对象，读取目录和每个备份的根；不读取内容。退出状态 3：目录中有内容无法读取。',
  'stats-help.json': '每个实例一个 JSON 对象，全部再加一个',
  'stats.head.instance': '实例',
  'stats.head.backups': '备份',
  'stats.head.size': '大小',
  'stats.head.packs': '数据包',
  'stats.head.used': '使用',
  'stats.head.unused': '未用',
  'stats.head.wal': 'WAL',
  'stats.head.objects': '对象',
  'stats.all': '全部',
  'stats.legend':
    '备份："gausskeep list" 在表下计数的那些，不含正在删除或无法读取的。大小：恢复其中每个备份所写内容的总和。数据包：列举得到的存储量。使用：根据各备份的根，目录中的备份所引用的数据包。未用：其余数据包，到期后由 "gausskeep expire" 删除。WAL：列举得到的整个归档；硬链接的文件按全部大小计算。大小为分帧之前的大小，分帧每 64 KiB 增加 16 字节。',
  'stats.stored': '存储中共列出 {objects} 个对象，{bytes}。',
  'stats.removed': '{instance}：正在删除 {count} 个备份；只有它们使用的内容计入未用',
  'stats.damaged-backups':
    '{instance}：{count} 个备份无法读取；只有它们使用的内容计入未用，在此期间 "gausskeep expire" 不删除该实例的任何内容',
  'stats.held': '{instance}：未用中有 {bytes} 由占用保留，其备份没有可读的提交对象；若不续期，从 {until} 起不再有效',
  'stats.unreadable': '实例 {instance}：无法读取备份 {backup} 的根：无从得知使用了多少',
  'stats.damaged': '实例 {instance}：目录中有 {count} 个对象无法读取："gausskeep repo check" 会列出',
  'check-help.synopsis': '[OPTION]...',
  'check-help.summary': '检查仓库的形式是否完好',
  'check-help.what':
    '检查构成仓库的内容（"gausskeep verify" 读取的除外）：标识与密钥、目录的每个对象、占用与移除、备份引用的数据包以及没有备份引用的数据包、WAL 的回执、不属于仓库的名称。不写入任何内容，也不读取数据包和 WAL 的内容。退出状态 3：有需要查看的情况；20：有内容丢失或无法读取。',
  'check-help.json': '每个发现一个 JSON 对象，最后再加一个',
  'repo-check.severity.damage': '损坏',
  'repo-check.severity.warning': '警告',
  'repo-check.severity.note': '说明',
  'repo-check.of-instance': '{instance}：{what}',
  'repo-check.more': '还有 {count} 个与上面相同的发现："--json" 会全部列出',
  'repo-check.sound': '在检查的范围内没有发现问题',
  'repo-check.found': '{damages} 处损坏，{warnings} 个警告',
  'repo-check.looked-at':
    '检查了：标识，{keys} 个密钥，{instances} 个实例；{objects} 个对象的名称、大小和日期；读取了：目录的 {catalogueObjects} 个对象，{holds} 个占用，{roots} 个备份的根，{receipts} 个 WAL 回执。',
  'repo-check.not-looked-at':
    '未读取：{packs} 个数据包（内容包和文件列表包）中的内容（由 "gausskeep verify --read-data" 读取）以及 WAL 本身；WAL 是否有缺口请看 "gausskeep window"。',
  'repo-check.size': '"{name}" 的大小不可能由任何内容产生：它被截断或更改',
  'repo-check.future': '"{name}" 的日期为 {at}，尚未到来',
  'repo-check.future.action': '请比较存储与本机的时钟。保留策略依据这些日期删除：日期过晚的内容会保留过久。',
  'repo-check.put-back.action': '请从仓库的副本中恢复。',
  'repo-check.newer.action': '它由更新版本的 gausskeep 写入：请使用该版本。没有检查与其相关的内容。',
  'repo-check.rest-not-looked-at.action': '请从仓库的副本中恢复，然后再次运行：没有检查该实例的其余内容。',
  'repo-check.stranger': '"{name}" 不属于仓库',
  'repo-check.stranger.action': '请查明其来源，如果无人需要就将其移走。它在那里并无害处。',
  'repo-check.blocks.action':
    '只要它在那里，"gausskeep expire" 就不会删除该实例的任何内容。请从仓库的副本中恢复；如果它不属于仓库，请将其移走。',
  'repo-check.foreign': '"{name}" 是仓库的密钥无法解密的名称',
  'repo-check.key': '无法读取密钥对象 "{name}"：它的口令不再能打开仓库',
  'repo-check.key.action':
    '请从仓库的副本中恢复；或用 "gausskeep repo key add" 再次添加其口令，然后运行 "gausskeep repo key remove {id}"。',
  'repo-check.many-keys': '有 {count} 个密钥对象，只尝试其中 {limit} 个',
  'repo-check.many-keys.action': '请删除无人使用的密钥：gausskeep repo key remove',
  'repo-check.similar.action': '请不要将仓库复制到不区分大小写的文件系统。',
  'repo-check.no-identity': 'instance.json 已丢失：这些内容属于哪个服务器，只有备份自己说明',
  'repo-check.catalogue.action':
    '请从仓库的副本中恢复。在此之前 "gausskeep expire" 不会删除该实例的任何内容；其他备份不依赖于它。',
  'repo-check.mark.action': '请从仓库的副本中恢复。它可能是固定标记：在此之前其备份会保留。',
  'repo-check.clock': '备份 {name} 的日期早于其结束时间：两个时钟之一有误',
  'repo-check.clock.action': '请比较存储的时钟与执行备份的主机的时钟。在您将该备份标记为不可用之前，它会一直保留。',
  'repo-check.other-system': '备份 {name} 的系统标识符为 {actual}，而实例的为 {expected}',
  'repo-check.other-system.action': '在查明其来源之前，请不要恢复它。',
  'repo-check.tombstones': '有 {count} 个进程已被宣告终止，无法再提交：无需处理',
  'repo-check.removal-unfinished': '备份 {backup} 的移除没有完成',
  'repo-check.removal-waiting': '备份 {name} 已于 {at} 从目录中移除，但仍在存储中',
  'repo-check.expire.action': '下一次 "gausskeep expire" 会将其删除。',
  'repo-check.expire-later.action': '到期后 "gausskeep expire" 会将其删除。',
  'holds.title': '实例 {instance} 正在使用的内容：',
  'holds.by.backup': '备份',
  'holds.by.restore': '恢复、导出或复制',
  'holds.by.verify': '验证',
  'holds.by.expire': '清理（expire）',
  'holds.by.copy': '复制到本仓库的运行',
  'holds.live':
    '被 {kind} 占用：主机 {host} 的进程 {pid} 自 {since} 起需要 {backup}，最近一次消息在 {renewed}（UTC）。它需要的内容在 {until} 之前不会被删除，若再有消息则更晚。',
  'holds.copy':
    '被 {kind} 占用：主机 {host} 的进程 {pid} 自 {since} 起在复制 {backup}，最近一次消息在 {renewed}（UTC）。它需要的内容会保留到 "gausskeep repo copy" 完成。',
  'holds.gone': '在本机上看不到这个进程：它已结束、已被杀死，或运行在容器中。',
  'repo-check.hold-live':
    '针对 {backup} 的 {kind} 占用：由主机 {host} 的进程 {pid} 于 {since} 设置，最后一次消息在 {at}；其所指内容在 {until} 之前不会被删除，若再有消息则更晚',
  'repo-check.hold-void': '备份 {backup} 的占用，该备份已提交：下一次备份或复制到本仓库的运行会将其删除',
  'repo-check.hold-dead':
    '针对 {backup} 的 {kind} 占用没有及时续期：由主机 {host} 的进程 {pid} 设置，最后一次消息在 {at}',
  'repo-check.hold-copy':
    '来自仓库 {from} 的备份 {backup} 的复制由主机 {host} 的进程 {pid} 于 {at} 开始；该备份不在目录中：复制正在进行、没有复制它就结束了，或其提交后来丢失。已存入的内容会保留，下一次 "gausskeep repo copy" 会继续',
  'repo-check.no-reserve': '没有预留空间：磁盘已满时 "gausskeep expire" 无法开始。下一次运行会创建',
  'repo-check.root.action':
    '无从得知备份 {name} 使用了什么；"gausskeep verify" 会检查其他备份能否读取。请恢复所指出的内容，或将该备份标记为不可用。',
  'repo-check.pack-missing': '缺少数据包 "{name}"；{count} 个备份使用它：{backup}',
  'repo-check.pack-size': '数据包 "{name}" 有 {actual} 字节，而不是 {expected}；{count} 个备份使用它：{backup}',
  'repo-check.pack.action':
    '请从仓库的副本中恢复。没有它，使用它的备份都无法完整恢复：请立即重新备份，并将这些备份标记为不可用。',
  'repo-check.packs-held':
    '{count} 个数据包（{bytes} 字节）属于 {backup}，它没有提交对象，由占用保留；若不续期，从 {until} 起不再有效',
  'repo-check.packs-young': '{count} 个数据包（{bytes} 字节）属于 {backup}，它不是备份；不到一天',
  'repo-check.packs-left': '{count} 个数据包（{bytes} 字节）属于 {backup}，它不是备份：运行曾被中断，或其备份已删除',
  'repo-check.packs-copied':
    '{count} 个数据包（{bytes} 字节）属于 {backup}，它的复制已开始，但它不在目录中：下一次 "gausskeep repo copy" 会继续',
  'repo-check.packs-lost':
    '{count} 个数据包（{bytes} 字节）属于 {backup}，其提交不存在："gausskeep repo copy" 无需再次复制它们',
  'repo-check.copy-lost': '按来自仓库 {from} 的复制记录，备份 {backup} 曾在这里，但其提交不存在：被删除或丢失',
  'repo-check.copy-fenced':
    '按来自仓库 {from} 的复制记录，备份 {backup} 曾在这里或正在复制，因其提交不存在而被宣告作废',
  'repo-check.copy.action':
    '请从该仓库运行 "gausskeep repo copy"：它会再次复制该备份；若该仓库已没有它，则删除这条记录。',
  'repo-check.no-wal': '还没有 WAL 归档',
  'repo-check.no-archive': 'WAL 归档没有标识：纳入过程曾被中断，或标识已丢失',
  'repo-check.lost-identity': 'WAL 归档丢失了标识：需要其中 WAL 的备份都无法还原，也不会读取其中的任何内容',
  'repo-check.no-archive.action': '请再次运行 "gausskeep repo adopt"，或从仓库的副本中恢复标识。',
  'repo-check.other-archive': 'WAL 归档的系统标识符为 {actual}，而实例的为 {expected}',
  'repo-check.other-archive.action': '用它恢复会失败。恢复之前请查明其来源。',
  'repo-check.half-generation': '世代没有 generation.json：没有程序会读取其中的内容',
  'repo-check.half-generation.action': '请从仓库的副本中恢复；如果纳入归档的过程曾被中断，请再次运行。',
  'repo-check.no-generation': '备份 {name} 属于 WAL 归档的世代 {generation}，但该世代不存在',
  'repo-check.unfinished': '{count} 个未完成的文件（.gausskeep-…），共 {bytes} 字节：写入正在进行，或被强行终止',
  'repo-check.unfinished.action':
    '"gausskeep expire" 和 "gausskeep wal cleanup" 会删除 WAL 归档中一天以前的此类文件；其他地方的，比任何正在进行的运行都旧的可以删除。',
  'repo-check.open': '接收程序正在处理 {count} 个段',
  'repo-check.gap-record': '无法读取一条缺失 WAL 的记录：它不再能说明什么',
  'repo-check.no-receipt': 'WAL 文件 {name} 没有回执：其推送或复制正在进行，或没有完成，或回执已丢失；只查看了它的首页',
  'repo-check.index-alone': 'WAL 文件 {name} 只有索引而没有数据：其清理没有完成',
  'repo-check.segment.action': '请从仓库的副本中恢复。如果服务器仍有该段，请再次推送。',
  'repo-check.fork': 'WAL 文件 {after} 没有接续 {before} 的末尾：它们属于两条 WAL 线',
  'repo-check.fork.action': '恢复无法越过这一边界。"gausskeep window" 会说明两侧各能恢复到哪里。',
};
