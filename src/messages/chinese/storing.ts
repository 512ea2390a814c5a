import type { storingMessages as english } from '../english/storing.ts';
import type { Translation } from '../translation.ts';

export const storingMessages: Translation<typeof english> = {
  'backup-help.synopsis': '[OPTION]...',
  'backup-help.summary': '将运行中的服务器备份到仓库',
  'backup-help.what': '将运行中的服务器备份到仓库：每个备份都可单独恢复，并且只存储自上一个备份以来变化的内容。',
  'backup-help.backup': '备份选项:',
  'backup-help.note': '为此备份添加一条供人阅读的说明',
  'backup-help.pin': '无论保留策略如何都保留此备份，直到 DATE (YYYY-MM-DD) 或永久',
  'backup-help.compress': '用 zstd（默认，级别 3）、gzip、lz4 压缩，或 none 不压缩；没有 zstd 时默认为 gzip',
  'backup-help.spool': '备份的 WAL 存入归档之前的暂存目录（默认：系统临时目录）',
  'backup-help.json': '以 JSON 打印存储的内容',
  'repo.help.repository': '仓库:',
  'repo.help.instance': '实例在仓库中的名称 (GAUSSKEEP_INSTANCE)',
  'restore.help.backup': '要恢复的备份："latest"，或 "gausskeep list" 显示的名称的开头；默认：能到达恢复点的最新备份',
  'repo-key.synopsis': 'add|list|remove [ID] [OPTION]...',
  'repo-key.summary': '管理能打开加密仓库的口令',
  'repo-key.what':
    '添加、列出或删除加密仓库的口令。已存储的内容不变。删除口令不能阻止曾用它打开过仓库的人：知道该口令的人可能已取得主密钥。',
  'repo-key.help.new-password-file': '要添加的口令所在的文件；否则提示输入两次',
  'repo-key.help.note': '说明口令属于谁，供人阅读；以明文存储',
  'repo-key.help.json': '以 JSON 列出，每行一个对象',
  'repo-key.bad-verb': '"{text}" 不是 add、list、remove 之一',
  'repo-key.added': '又有一个口令能打开 "{directory}"',
  'repo-key.removed': '已删除密钥 {id}；其口令可能也是另一个密钥的口令，曾打开过仓库的人可能保留了主密钥',
  'repo-key.damaged': '{name} 已损坏：其口令不能打开仓库',
  'storing.no-spool-space.hint':
    '备份的 WAL 在进入归档之前放在 "{directory}" 中，而该文件系统已满，或配额已用尽。请在那里腾出空间，或用 --spool 指定另一个目录。',
  'storing.done': '已存储实例 "{instance}" 的备份 {name}',
  'storing.done-sizes': '{files} 个文件，{logical}；新存储 {fresh}，共引用 {referenced}',
  'storing.done-own-wal':
    '可从 {endLsn} 起恢复，时间线 {timeline}；其 WAL 已在该实例的归档中，但最后一个段尚不完整，存放在备份内',
  'storing.not-pinned': '备份已存储，但无法固定：{reason}',
  'storing.done-wal': '可从 {endLsn} 起恢复，时间线 {timeline}；其 WAL 已在该实例的归档中',
  'storing.member-missing': '服务器没有发送 {name}',
  'storing.no-base': '备份的记录中没有数据目录',
  'storing.no-instance': '未指定实例',
  'storing.no-instance.hint': '请用 --instance、GAUSSKEEP_INSTANCE 或在配置文件中指定。',
  'storing.not-there': '没有备份 {name}',
  'storing.repo-and-place': '仓库和 {second} 只能指定其中之一',
  'storing.no-hold': '无法写入仓库：恢复期间不能阻止保留策略删除该备份',
  'storing.pack-missing': '{name} 不存在，或大小与原来不同（共 {count} 个包）',
  'storing.pack-missing.hint':
    '较早的备份已损坏，而本次备份本来会依赖它。没有产生备份。"gausskeep verify --repo" 会指出损坏的内容；请将这些备份标记为不可用，然后重新备份。',
};
