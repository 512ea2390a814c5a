import type { verifyStoredMessages as english } from '../english/verify-stored.ts';
import type { Translation } from '../translation.ts';

export const verifyStoredMessages: Translation<typeof english> = {
  'verify-stored.help.read-data':
    '对仓库：同时读取内容，每个块读取一次并与其哈希比较，并读取 WAL；给出 10% 或 10GB 时只读取这么多内容，从上次结束处继续',
  'verify-stored.bad-amount': '--read-data："{text}" 既不是 10% 这样的比例（大于 0，至多 100），也不是 10GB 这样的大小',
  'verify-stored.bare-amount': '--read-data：{text} 的单位是什么？{text}% 还是 {text}MB',
  'verify-stored.blank-amount': '--read-data {text}：数量写在“=”之后，没有空格，即 --read-data={text}',
  'verify-stored.none': '"{instance}" 没有备份：未检查任何内容',
  'verify-stored.there':
    '"{instance}" 的 {backup}：它使用的每个包都在，大小正确，其 WAL（{segments} 个段）与回执及大小相符；未读取其内容（--read-data）',
  'verify-stored.part':
    '"{instance}" 的 {backup}：它使用的每个包都在，大小正确，其 WAL（{segments} 个段）与回执及大小相符；其内容中已读取的部分与备份时一致',
  'verify-stored.read':
    '"{instance}" 的 {backup}：{count} 个文件，每个块都与备份时一致，并已读取其 WAL：{segments} 个段的每条记录',
  'verify-stored.without-hash':
    '   - 但其中 {files} 个文件的 {blocks} 个块在仓库中没有哈希：无法判断这些内容是否与备份时一致',
  'verify-stored.damaged': '"{instance}" 的 {backup}：已损坏',
  'verify-stored.fault': '   - {reason}',
  'verify-stored.files': '     {count} 个文件：{names}',
  'verify-stored.files-and-more': '     {count} 个文件：{names}，另有 {more} 个',
  'verify-stored.wrong-content': '"{object}" 中有多处内容与备份时不一致',
  'verify-stored.damaged-parts': '"{object}" 已损坏：其中有多处无法读取',
  'verify-stored.more': '   - 另有 {count} 处问题',
  'verify-stored.damaged-files': '   共有 {count} 个文件损坏，每个文件只计入其最先发现的问题',
  'verify-stored.wal-missing': '备份所需的 WAL 段 {segment} 不在',
  'verify-stored.coverage': '已读取备份使用的内容 {total} 中的 {read}（{packs} 个内容包中的 {readPacks} 个）',
  'verify-stored.all-read': '自 {time} 以来，全部内容都至少读取过一次且完好',
  'verify-stored.never-read': '其中 {bytes} 就本主机所知从未读取并确认完好',
  'verify-stored.unreadable-maps': '另有 {count} 个备份的记录已损坏，无法得知它们还用到什么：那些内容没有读取',
  'verify-stored.not-kept': '未能记住读取了什么，因为没有可写入的目录存放它（GAUSSKEEP_CACHE）：下次运行不会知道',
};
