import type { recoverySettingsMessages as english } from '../english/recovery-settings.ts';
import type { Translation } from '../translation.ts';

export const recoverySettingsMessages: Translation<typeof english> = {
  'recovery-settings.inclusive': '是否包含目标本身，对 "{kind}" 类目标没有意义：它只适用于时间、事务或 LSN',
  'recovery-settings.no-shutdown': '这个服务器不能在恢复目标处停机',
  'recovery-settings.no-shutdown.hint':
    'openGauss 只能暂停或打开数据库：请用 --target-action=pause，查看之后用 gs_ctl stop 停止它。注意：暂停期间重启会以可读写方式打开数据库。',
  'recovery-settings.command-empty': '{name} 是空的',
  'recovery-settings.command-control': '{name} 含有换行符或其他控制字符',
  'recovery-settings.command-long': '{name} 有 {length} 字节；服务器最多接受 {limit} 字节',
  'recovery-settings.command-placeholder': '{name} 含有 "{found}"，服务器不会替换它：服务器认识的是 {allowed}',
  'recovery-settings.command-lacks': '{name} 缺少 {missing}',
  'recovery-settings.command-shell': '{name} 中的 "{found}" 需要 shell，而 openGauss 不经过 shell 运行它',
  'recovery-settings.command-shell.hint':
    'openGauss 按空格拆分该命令并直接运行：不能有引号、管道、&&、重定向或变量。请把需要的内容写成脚本，脚本路径不含空格，然后指定该脚本。',
};
