import type { repositoryMessages as english } from '../english/repository.ts';
import type { Translation } from '../translation.ts';

export const repositoryMessages: Translation<typeof english> = {
  'retention.bad-count': '某条保留规则要保留 {given} 个备份：必须是 1 到 {highest} 的整数',
  'retention.bad-time': '某条保留规则要保留 {given} ms：必须是 0 到 {highest} 的毫秒数',
  'retention.no-rules': '没有任何保留规则说明要保留什么',
  'retention.no-rules.hint':
    '什么都没有删除。请至少指定 --keep-last、--keep-within、--keep-window、--keep-daily、--keep-weekly、--keep-monthly、--keep-yearly 之一。',
};
