import type { commonMessages as english } from '../english/common.ts';
import type { Translation } from '../translation.ts';

export const commonMessages: Translation<typeof english> = {
  'common.internal': '内部错误：{reason}',
  'common.internal.hint': '这是 gausskeep 的缺陷。请附上命令行和这条消息进行报告。',
  'common.aborted': '被 {signal} 中断',
  'common.stdout': '无法写入标准输出：{reason}',
  'common.stdout-full.hint': '其写入的文件所在的文件系统已满，或配额已用尽。请在那里腾出空间。',
  'common.server-text': '{lines}',
  'common.pace': '{rate}/s，剩余 {eta}',
  'common.place.directory': '目录 {path}',
  'common.place.instance': '目录 {path}，实例 {instance}',
  'common.place.archive': '归档 {path}',
  'common.place.generation': '归档 {path}，第 {generation} 代',
};
