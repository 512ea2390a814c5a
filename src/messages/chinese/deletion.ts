import type { deletionMessages as english } from '../english/deletion.ts';
import type { Translation } from '../translation.ts';

export const deletionMessages: Translation<typeof english> = {
  'deletion.refused': '这些凭证不能删除 {place} 中 "{folder}" 下的对象：那里没有删除任何内容',
  'deletion.refused.hint':
    '没有做任何更改。请使用有权删除的凭证运行：需要 DeleteObject，在保留版本的存储桶中还需要 DeleteObjectVersion 和 ListBucketVersions。对象存储指南中有相应的策略。',
  'deletion.refused-midway': '{what}；在此之前，有 {takenOff} 个备份从目录中移除，有 {deleted} 个早先移除的备份被删除',
  'deletion.refused-midway.hint': '这些备份不会恢复到目录中。下一次用有权删除的凭证运行 expire 时会清除剩余部分。',
  'deletion.dry': '这些凭证不能删除 "{folder}" 下的对象：用它们实际运行时会拒绝执行，并且不做任何更改。',
};
