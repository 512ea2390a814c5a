import type { recoveryFailureMessages as english } from '../english/recovery-failure.ts';
import type { Translation } from '../translation.ts';

export const recoveryFailureMessages: Translation<typeof english> = {
  'recovery-failure.parameter': '服务器拒绝了它的恢复参数：{text}',
  'recovery-failure.parameter.hint':
    '没有回放任何内容。请改正该参数，或重新还原以便重新写入它，然后再次运行 "gausskeep recover"。',
  'recovery-failure.several-targets': '给了服务器不止一个恢复目标：{text}',
  'recovery-failure.several-targets.hint':
    '在 postgresql.conf、它包含的文件和 postgresql.auto.conf 中只保留一个 recovery_target 参数；其余的设为空值。',
  'recovery-failure.no-command': '服务器没有 restore_command：{text}',
  'recovery-failure.no-command.hint': "请设置 restore_command；如果所有 WAL 都在数据目录中，用 '/bin/false' 就行。",
  'recovery-failure.old-file': '存在 recovery.conf，而这个版本不接受它：{text}',
  'recovery-failure.old-file.hint': '请删除 recovery.conf。从 PostgreSQL 12 起，由 recovery.signal 和参数取代它。',
  'recovery-failure.not-reached': 'WAL 在到达恢复目标之前就结束了：{text}',
  'recovery-failure.not-reached.hint':
    '服务器没有打开数据库，所以什么也没有丢失：请补上缺失的 WAL，再次运行 "gausskeep recover"，或用 "gausskeep window" 列出的目标重新还原。',
  'recovery-failure.too-early': '恢复目标早于备份的结束点：{text}',
  'recovery-failure.too-early.hint': '备份不能恢复到它自己结束之前的任何时刻。请还原更早的备份，或选择更晚的目标。',
  'recovery-failure.wal-ends': 'WAL 在备份达到一致之前就结束了：{text}',
  'recovery-failure.wal-ends.hint':
    '没有到备份结束点为止的 WAL，备份就不能用。请通过归档或 --wal-from 提供这些 WAL，然后重新还原。',
  'recovery-failure.checkpoint': '缺少恢复起步所需的 WAL：{text}',
  'recovery-failure.checkpoint.hint':
    'backup_label 所指的段必须在 WAL 目录中，或能由 restore_command 取得。绝不要为了绕过这一点而删除 backup_label：数据库会损坏而没有任何提示。',
  'recovery-failure.wrong-size': '归档中有一个 WAL 文件大小不对：{text}',
  'recovery-failure.wrong-size.hint':
    '该文件只归档了一半，或来自段大小不同的实例。请用 "gausskeep verify" 检查它，并从别处取得它。',
  'recovery-failure.command': '恢复的一条命令失败：{text}',
  'recovery-failure.command.hint':
    '请以数据目录属主的身份手工运行该命令。它能成功后，再次运行 "gausskeep recover"：恢复会从原处继续。',
  'recovery-failure.timeline': 'WAL 通不到所要求的时间线：{text}',
  'recovery-failure.timeline.hint': '归档中必须有该时间线的时间线历史文件，并且备份必须早于该时间线的起点。',
  'recovery-failure.smaller-host': '这个服务器的配置小于被备份的服务器：{text}',
  'recovery-failure.smaller-host.hint':
    '请把日志中指出的参数（max_connections 等）至少提高到源实例的值，再次运行 "gausskeep recover"：恢复会从原处继续。',
  'recovery-failure.minimal-wal': '有以 wal_level = minimal 产生的 WAL：{text}',
  'recovery-failure.minimal-wal.hint': '任何恢复都跨不过它。请选择它之前的目标，或在它之后做的备份。',
  'recovery-failure.socket-directory': '服务器无权创建它的套接字：{text}',
  'recovery-failure.socket-directory.hint':
    '请在还原出的实例的 postgresql.conf 中，把 unix_socket_directories 设为服务器的操作系统用户可写的目录。',
  'recovery-failure.permissions': '服务器无权使用数据目录：{text}',
  'recovery-failure.permissions.hint':
    '它必须属于运行服务器的操作系统用户，权限为 0700（从 PostgreSQL 11 起也可为 0750），其中的内容也必须如此。',
  'recovery-failure.incompatible': '服务器程序与数据目录不符：{text}',
  'recovery-failure.incompatible.hint': '物理备份需要相同的产品和版本。请用 --bindir 指定正确的程序。',
  'recovery-failure.port': '服务器无法监听：{text}',
  'recovery-failure.port.hint':
    '该端口可能被另一个服务器占用。请在 postgresql.conf 中设置另一个端口，再次运行 "gausskeep recover"。',
  'recovery-failure.running': '另一个服务器正在使用该数据目录：{text}',
  'recovery-failure.running.hint': '"gausskeep status" 会显示它。',
  'recovery-failure.double-write': '缺少双写文件：{text}',
  'recovery-failure.double-write.hint':
    '还原出的 openGauss 需要一个空的 global/pg_dw.build，并且没有其他 pg_dw 文件。请用 gausskeep 或 gs_tar 还原，它们会创建该文件。',
  'recovery-failure.invalid-pages': 'WAL 与数据文件不属于同一套：{text}',
  'recovery-failure.invalid-pages.hint':
    '备份已损坏或不完整，或者 WAL 属于另一世代。请用 "gausskeep verify" 检查备份。',
  'recovery-failure.space': '磁盘已满：{text}',
  'recovery-failure.space.hint': '请腾出空间，再次运行 "gausskeep recover"：恢复会从原处继续。',
  'recovery-failure.root': '服务器拒绝以 root 运行：{text}',
  'recovery-failure.root.hint': '请把数据目录交给数据库的操作系统用户（chown -R），再次运行本命令。',
  'recovery-failure.setting': '配置有错误：{text}',
  'recovery-failure.setting.hint': '日志中有文件名和行号。',
};
