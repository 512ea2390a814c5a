import type { restorePlanMessages as english } from '../english/restore-plan.ts';
import type { Translation } from '../translation.ts';

/** The steps are called as in the Chinese manual ("从备份文件恢复数据"). */
export const restorePlanMessages: Translation<typeof english> = {
  'restore-plan.format-repository': '仓库',
  'restore-plan.title': '还原计划：把 "{backup}"（{format}）还原到 "{path}"',
  'restore-plan.instance': '实例 {identifier}，备份 "{label}"，时间 {time}，WAL 从 {lsn} 开始，时间线 {timeline}',
  'restore-plan.earlier-full': '叠加在全量备份 "{backup}" 之上，其 WAL 从 {lsn} 开始，时间线 {timeline}',
  'restore-plan.earlier': '以及增量备份 "{backup}"，其 WAL 从 {lsn} 开始，时间线 {timeline}',
  'restore-plan.earlier-unlisted':
    '叠加在备份 "{backup}" 之上，其 WAL 从 {lsn} 开始，时间线 {timeline}；该备份没有备份清单，其文件不校验',
  'restore-plan.1': '1. 停止数据库服务器',
  'restore-plan.stopped': '"{path}" 中没有正在运行的服务器（已检查）；停止服务器的命令：{command}',
  'restore-plan.2': '2. 将原数据库和所有表空间复制到另外一个位置',
  'restore-plan.nothing-there': '没有需要保留的内容：目录不存在或为空',
  'restore-plan.move': '把 "{from}" 移到 "{to}"',
  'restore-plan.move-entries': '把 "{from}" 中的内容移到 "{to}"，在同一文件系统上',
  'restore-plan.not-kept': '不执行：--delta 就地改动原有内容，不予保留',
  'restore-plan.3': '3. 清理原库中的文件',
  'restore-plan.emptied': '已没有需要删除的内容',
  'restore-plan.delta-delete': '先删除 pg_control，最后删除备份中没有的所有文件',
  'restore-plan.4': '4. 使用数据库系统用户权限还原数据库文件',
  'restore-plan.files': '读取 {size} 字节，{checked}',
  'restore-plan.verified': '每个文件按备份清单校验',
  'restore-plan.partly-verified': '每个文件按其所属备份的备份清单校验（有备份清单的话）',
  'restore-plan.unlisted': '未校验："{backup}" 的文件，该备份没有备份清单',
  'restore-plan.no-manifests': '未校验：这些备份都没有备份清单',
  'restore-plan.unverified': '未按备份清单校验（--no-verify）',
  'restore-plan.no-manifest': '未校验：备份没有备份清单',
  'restore-plan.owner': '属主 {uid}:{gid}，目录权限 {mode}',
  'restore-plan.own': '属主：执行本命令的用户，目录权限 {mode}',
  'restore-plan.left-out': '不还原 postmaster.pid、postmaster.opts、旧的恢复文件和触发文件，以及 pg_replslot 的内容',
  'restore-plan.slot': '不还原复制槽 "{name}"',
  'restore-plan.set': '设置 {name} = {value}',
  'restore-plan.raise': '设置 {name} = {value}，与源实例相同：低于此值，还原出的实例无法恢复',
  'restore-plan.disable': '停用 {name} = {value}',
  'restore-plan.settings-unread': '备份的参数在还原过程中读取',
  'restore-plan.archiving-off': '还原出的实例关闭归档，因此不会覆盖源实例的归档',
  'restore-plan.archiving-unset':
    '备份中没有可用来关闭归档的 postgresql.conf：自行放入的 postgresql.conf 必须写明 archive_mode = off',
  'restore-plan.archiving-unknown': '还原出的实例是否归档未知：备份中没有这个参数',
  'restore-plan.taken': '原先在 "{path}" 中的配置放入还原出的实例',
  'restore-plan.taken-left-out': '该配置中未放入还原出的实例的：{name}',
  'restore-plan.made': '备份中没有，因此新建：{files}。源实例的配置在其数据目录之外，没有随备份带来；只允许本地连接',
  'restore-plan.socket-moved':
    '还原出的实例的套接字在 "{to}"（客户端：-h {to:word}）：其账号不能写 "{from}"，而软件包安装的服务器把套接字放在那里',
  'restore-plan.archiving-preserve': '归档保持源实例的设置',
  'restore-plan.archiving-danger': '还原出的实例停留在源实例的时间线上：开启归档时，可能覆盖源实例的归档',
  'restore-plan.create': '创建 {name}',
  'restore-plan.new-manifest':
    '按届时的文件重新写 backup_manifest（{algorithm}）：在服务器于其中启动之前，还原出的实例是一份全量备份',
  'restore-plan.next-backup': '下一步：用 {command} 校验。在服务器于其中启动之前，它是一份全量备份',
  'restore-plan.control-last': 'global/pg_control 最后才得到正式文件名：未完成的还原无法启动',
  'restore-plan.5': '5. 修改链接，使其指向正确的位置',
  'restore-plan.no-links': '没有表空间',
  'restore-plan.link': '表空间 {oid}："{from}" 还原到 "{to}"，建立链接并检查',
  'restore-plan.in-place': '表空间 {oid} 就在数据目录中，没有链接',
  'restore-plan.6': '6. 启动服务器，并检查数据库内容',
  'restore-plan.own-wal':
    '服务器回放备份中的 WAL，{first} 到 {last}：{count} 个段，已读到最后一个字节：完整且首尾衔接，直到 {lsn}',
  'restore-plan.own-wal-unread': '服务器回放备份中的 WAL，这些 WAL 没有读取',
  'restore-plan.own-wal-broken': '备份中的 WAL 在备份结束位置之后还有，但不会全部回放：{reason}',
  'restore-plan.start': '{command}',
  'restore-plan.replication': '与其他服务器相连：{name} = {value}',
  'restore-plan.standalone': '--standalone 会停用这些参数',
  'restore-plan.outside': '指向新目录之外的路径：{name} = {value}',
  'restore-plan.done': '已把实例 {identifier} 的 {files} 个文件、共 {bytes} 字节还原到 "{path}"',
  'restore-plan.done-delta': '已更新 "{path}"：{files} 个文件，其中 {unchanged} 个未变，删除了 {removed} 项',
  'restore-plan.dropped': '未还原：{names}',
  'restore-plan.archive-again':
    '归档原来是开启的，现已关闭。重新开启时只能归档到新的归档目录或新的世代：archive_mode = on。',
  'restore-plan.archive-again-by':
    '还原出的实例已关闭归档。它接替源实例时：执行 ALTER SYSTEM SET archive_mode = on，然后停止并启动。届时的归档命令是：{command}',
  'restore-plan.archive-again-unset':
    '还原出的实例已关闭归档。它接替源实例时：设置 archive_command，执行 ALTER SYSTEM SET archive_mode = on，然后停止并启动。',
  'restore-plan.archive-again-shared':
    '还原出的实例已关闭归档，并停留在源实例的时间线上。它接替时：把 archive_command 设为写入自己的归档，绝不能是源实例的归档，执行 ALTER SYSTEM SET archive_mode = on，然后停止并启动。',
  'restore-plan.archive-again-shared-by':
    '还原出的实例已关闭归档，并停留在源实例的时间线上。它接替时：把 archive_command 设为写入自己的归档，绝不能是源实例的归档，执行 ALTER SYSTEM SET archive_mode = on，然后停止并启动。它的参数就是源实例的参数。届时的归档命令是：{command}',
  'restore-plan.next': '下一步：用 {command} 启动，并检查其内容',
  'restore-plan.slots': '源实例的复制槽没有还原：{names}。在需要的地方重新创建。',
};
