import type { sealedMessages as english } from '../english/sealed.ts';
import type { Translation } from '../translation.ts';

export const sealedMessages: Translation<typeof english> = {
  'sealed.bad-size': '"{name}" 已损坏：完好的对象不会是 {size} 字节',
  'sealed.changed-content': '要存为 "{name}" 的内容在存储过程中发生了变化',
  'sealed.failed-check': '"{name}" 已损坏，或其位置上是另一个对象：从第 {offset} 字节起未通过校验',
  'sealed.long-name': '对象名 "{name}" 对加密仓库来说太长',
  'sealed.long-name.hint': '两个 "/" 之间最多 128 字节，且这样的段少于 20 个：加密后名字会变长。',
  'sealed.no-header': '"{name}" 已损坏，或其位置上是另一个对象：开头与应有的不符',
};
