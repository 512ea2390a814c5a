import type { repositoryWalMessages as english } from '../english/repository-wal.ts';
import type { Translation } from '../translation.ts';

export const repositoryWalMessages: Translation<typeof english> = {
  'repository-wal.help.get-hold': '用于仓库：为所服务的还原续期这个占用，最多每小时一次，使保留策略不动它的备份和 WAL',
  'repository-wal.hold-alone': '--hold 用于仓库的归档（--repo）',
  'repository-wal.not-renewed': '这次还原的占用没有续期：{reason}',
  'repository-wal.out-of-reach': '服务器无法从归档获取 WAL：{reason}',
  'repository-wal.copy-out-of-reach': '采用复制方式，因为服务器无法从归档获取：{reason}',
  'repository-wal.asked-password': '没有人回答它对口令的询问；请用 --password-file 或 --password-command 指定口令',
  'repository-wal.closed-to-account': '账户 {account} 无法打开它：{reason}',
  'repository-wal.asks': '仓库是加密的，而服务器运行脚本时没有人回答它对口令的询问',
  'repository-wal.asks.hint': '请用 --password-file 或 --password-command 指定口令；服务器的账户必须能够读取它。',
  'repository-wal.grace-alone': '--grace 用于仓库的归档（--repo）',
  'repository-wal.help.grace': '用于仓库：不动 TIME 之内存入的内容，默认 24h',
  'repository-wal.no-extension': '--strip-extension 用于其他工具的目录，不用于仓库',
  'repository-wal.unclear':
    '什么也不删除：有备份正在进行或已中断，还不知道它的 WAL 从哪里开始；"gausskeep expire" 会清除中断的备份留下的内容，但要等到距其最后一次活动满 24 小时之后',
  'repository-wal.encrypted': '不能向加密的仓库接收 WAL：段文件在其中无法增长',
  'repository-wal.doctor-no-instance':
    '请指定其中已有的实例；或者先做这个实例的第一次备份，由它建立该实例：gausskeep backup',
  'repository-wal.doctor-password': '仓库 "{directory}" 已加密，而没有指定本账户可用的口令文件：--password-file',
  'repository-wal.encrypted.hint':
    "请让服务器归档到其中（archive_command = 'gausskeep wal push %p --repo …'），或者接收到单独的归档。",
};
