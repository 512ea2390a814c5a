import type { packsMessages as english } from '../english/packs.ts';
import type { Translation } from '../translation.ts';

export const packsMessages: Translation<typeof english> = {
  'packs.damaged': '"{object}" 已损坏：其中的{part}无法读取',
  'packs.root': '备份的根',
  'packs.records': '文件列表',
  'packs.leaf': '"{file}" 的块映射',
  'packs.damaged-chunk': '"{object}" 已损坏：第 {offset} 字节处的数据块无法读取',
  'packs.missing': '备份需要的 "{object}" 不存在',
  'packs.wrong-size': '"{object}" 有 {actual} 字节，而备份需要 {expected} 字节：它被截短了，或其位置上是另一个对象',
  'packs.no-size': '"{object}" 被截短或改动过：完好的对象不会是它的大小，而备份需要它的 {expected} 字节',
  'packs.damage.hint':
    '请改用另一个备份："gausskeep verify --repo --read-data" 会指出哪些完好。如果仓库有副本，且其中的这个对象还是原样，请从那里放回。',
  'packs.wrong-block': '"{file}" 从第 {offset} 字节起的内容与备份时不同：它在 "{object}" 中',
  'packs.too-short': '"{file}" 的内容在第 {actual} 字节处结束，应有 {expected} 字节',
  'packs.too-long': '"{file}" 的内容超过了事先说明的 {expected} 字节',
  'packs.long-name': '名称有 {length} 字节，对仓库来说太长："{start}…"',
  'packs.newer': '"{object}" 由更新版本的 gausskeep 写入：其中的{part}无法读取',
  'packs.bad-name': '仓库不能保存名为 "{name}" 的文件',
  'packs.too-many': '备份需要 {packs} 个数据包，超过仓库能列出的数量',
};
