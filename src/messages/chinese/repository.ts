import type { repositoryMessages as english } from '../english/repository.ts';
import type { Translation } from '../translation.ts';

export const repositoryMessages: Translation<typeof english> = {
  'repo.all-condemned': '这里的所有备份都已被标记为不可用',
  'repo.clock': '本机时钟为 {here}，存储的时钟为 {there}',
  'repo.clock.hint':
    '备份的日期来自这两个时钟，保留与删除都依据日期。请校正有误的时钟，然后重新运行。没有存储任何内容。',
  'repo.damaged-commit': '备份 {name} 的提交对象已损坏',
  'repo.damaged-commit.hint': '请从仓库的副本中恢复该对象。其他备份不依赖于它。',
  'repo.declared-dead': '备份 {backup} 已被 {by} 宣告终止：{reason}',
  'repo.declared-dead.hint': '它没有成为备份，其存储的内容可能已被删除。请重新备份。',
  'repo.hold-lost': '自 {since} 起无法续期对备份 {backup} 的占用',
  'repo.hold-lost.hint': '删除旧备份的进程可能已宣告本次运行终止。没有产生备份。请检查存储，然后重新运行。',
  'repo.no-backups': '尚无备份',
  'repo.no-such-backup': '没有名称以 "{wanted}" 开头的备份',
  'repo.no-such-backup.hint': '"gausskeep list" 会列出备份的名称。',
  'repo.other-instance': '实例 "{name}" 保存的是系统标识符 {expected} 的备份，而不是 {actual}',
  'repo.other-instance.hint': '请用 --instance 选择另一个名称：每个实例保存一个服务器及其备机的备份。',
  'repo.removed': '备份 {backup} 已不在目录中',
  'repo.removed.hint': '它已被保留策略或手工删除。请选择另一个。',
  'repo.which-backup': '有多个备份的名称以 "{wanted}" 开头',
  'repo.which-backup.hint': '请写出名称的更多部分：{list}',
  'retention.bad-count': '某条保留规则要保留 {given} 个备份：必须是 1 到 {highest} 的整数',
  'retention.bad-time': '某条保留规则要保留 {given} ms：必须是 0 到 {highest} 的毫秒数',
  'retention.no-rules': '没有任何保留规则说明要保留什么',
  'retention.no-rules.hint':
    '什么都没有删除。请至少指定 --keep-last、--keep-within、--keep-window、--keep-daily、--keep-weekly、--keep-monthly、--keep-yearly 之一。',
  'sealed.bad-size': '"{name}" 已损坏：完好的对象不会是 {size} 字节',
  'sealed.failed-check': '"{name}" 已损坏，或其位置上是另一个对象：从第 {offset} 字节起未通过校验',
  'sealed.long-name': '对象名 "{name}" 对加密仓库来说太长',
  'sealed.long-name.hint': '两个 "/" 之间最多 128 字节，且这样的段少于 20 个：加密后名字会变长。',
  'sealed.newer-format': '"{name}" 的格式是 {format}，此版本的 gausskeep 不认识',
  'sealed.no-header': '"{name}" 已损坏，或其位置上是另一个对象：开头与应有的不符',
};
