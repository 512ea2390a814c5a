import type { compressionMessages as english } from '../english/compression.ts';
import type { Translation } from '../translation.ts';

export const compressionMessages: Translation<typeof english> = {
  'compression.bad-level': '压缩级别 {level} 无效：{codec} 接受 {lowest} 到 {highest}',
  'compression.damaged': '{codec} 数据已损坏：{reason}',
  'compression.truncated': '{codec} 数据提前结束',
  'compression.truncated.hint': '文件没有写完或没有复制完。请从来源重新取得它。',
  'compression.trailing-data': '{codec} 数据的结尾之后还有数据',
  'compression.endless-zeros': '{codec} 数据已损坏：结尾之后有超过 {limit} 个零字节',
  'compression.impossible-size': '{codec} 数据已损坏：有一个块的大小不可能',
  'compression.checksum': '{codec} 数据已损坏：有一个校验和不一致',
  'compression.dictionary': '{codec} 数据需要字典，不支持字典',
  'compression.codec-missing': '{codec} 需要 npm 包 {package}，但它没有安装或无法加载：{reason}',
  'compression.codec-missing.hint': '请把它与 gausskeep 安装在一起：npm install {package}',
};
