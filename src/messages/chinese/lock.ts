import type { lockMessages as english } from '../english/lock.ts';
import type { Translation } from '../translation.ts';

export const lockMessages: Translation<typeof english> = {
  'lock.object': '对象 "{name}" 被锁定到 {until}',
  'lock.object.hint': '无论谁请求，存储桶都会保留它到那时。到时再执行一次。',
  'lock.no-lock': '存储桶 "{bucket}" 没有对象锁定',
  'lock.no-lock.hint':
    '对象锁定要在创建存储桶时打开。请创建一个打开了它的存储桶，或者不要写 --lock。没有写入任何内容。',
  'lock.no-store': '{place} 不能锁定对象：只有打开了对象锁定的存储桶才能',
  'lock.settled': '{place} 的对象{is}',
  'lock.settled-none': '没有锁定',
  'lock.settled-days': '锁定 {days} 天（{mode}）',
  'lock.settled.hint': '这在第一次写入该位置时就确定了。请使用另一个前缀。',
  'lock.cannot-extend': '新备份需要的对象 "{name}" 不能锁定到 {until}：{reason}',
  'lock.cannot-extend.hint':
    '凭据在该前缀下需要 GetObjectRetention 和 PutObjectRetention。没有产生新备份：它受保护的时间会比看起来短。',
  'lock.help.lock': '把每个对象锁定 DAYS 天，期间不能删除；存储桶必须打开了对象锁定',
  'lock.help.lock-mode': 'governance（默认）或 compliance（谁都不能解除）',
  'lock.bad-mode': '"{text}" 不是对象锁定的模式：应为 governance 或 compliance',
  'lock.mode-unused': '给出了 --lock-mode 而没有 --lock',
  'lock.expire.packs': '已移出备份的 {packs} 个包（{bytes}）锁定到 {until} 或更晚：以后的运行会删除它们',
  'lock.expire.packs-dry': '已移出备份的 {packs} 个包（{bytes}）仍会锁定到 {until} 或更晚',
  'lock.expire.wal': '第 {generation} 代中没有备份需要的 {segments} 个 WAL 文件（{bytes}）锁定到 {until} 或更晚',
  'lock.told': '每个对象自存储时起锁定 {days} 天（{mode}）：在此之前什么都不能删除它，expire 也不能',
  'lock.list': '锁定到 {until}（UTC）或更晚',
  'lock.cleanup': '{count} 个不再需要的 WAL 文件被锁定，最早的锁定到 {until}（UTC）：之后的运行会删除已到期的文件',
  'lock.legal-hold': '对象 "{name}" 处于依法保留（legal hold）之下：谁都不能删除它',
  'lock.legal-hold.hint': '有人用该存储的工具给它加了这个保留。在那里解除之后再运行一次。',
  'lock.obstacle': '被锁定',
  'lock.check.hidden': '{count} 个对象被删除标记隐藏，第一个是 "{name}"',
  'lock.check.hidden.action':
    '有人删除了它们而没有删除版本：还没有丢失任何内容。删除这些删除标记（list-object-versions，然后用标记的 VersionId 执行 delete-object），它们就又在了。',
  'lock.check.not-told': '没有检查对象是否被覆盖或隐藏：这些凭据不能列出版本',
  'lock.check.not-told.action': '请在该存储桶上允许它们 ListBucketVersions。',
  'lock.check.several': '{count} 个对象有多个版本，第一个是 "{name}"',
  'lock.check.several.action':
    'gausskeep 每个名称只写一次：有人在上面放了别的内容。最旧的版本是当初存储的；按 VersionId 删除较新的版本，就又会读到它。',
};
