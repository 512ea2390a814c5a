import type { bytesMessages as english } from '../english/bytes.ts';
import type { Translation } from '../translation.ts';

export const bytesMessages: Translation<typeof english> = {
  'bytes.ended-early': '读取 {what} 时输入提前结束：应为 {expected} 字节，只有 {actual} 字节',
  'bytes.member-header': '成员头',
  'bytes.extended-header': '扩展头',
};
