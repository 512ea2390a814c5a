import type { restoreHelpMessages as english } from '../english/restore-help.ts';
import type { Translation } from '../translation.ts';

export const restoreHelpMessages: Translation<typeof english> = {
  'restore.help.what':
    '把备份还原到数据目录：备份可以是目录格式（plain），也可以是 gs_basebackup 或 pg_basebackup 的一组 tar 包。按手册的步骤执行；用 --plan 可先查看这些步骤。',
  'restore.help.summary': '把备份还原到数据目录',
  'restore.help.synopsis': '--from=BACKUP --pgdata=DIRECTORY [OPTION]...',
  'restore.help.places': '指定从哪里还原、还原到哪里的选项：',
  'restore.help.from': '备份：数据目录，或存放 tar 包的目录；增量备份写在它所依赖的备份之后（--from FULL --from …）',
  'restore.help.pgdata': '还原后的数据目录',
  'restore.help.tablespace-mapping': '把原来位于 OLDDIR 的、或 oid 为该值的表空间映射到 NEWDIR（可重复指定）',
  'restore.help.tablespace-map-all': '把其他表空间全部映射到 DIR/OID',
  'restore.help.owner': '还原出的文件归哪个账号所有（默认：目标目录的属主，没有则为备份的属主）',
  'restore.help.existing': '目标中已有内容时如何处理的选项：',
  'restore.help.force': '先把已有内容（包括表空间）移到一旁',
  'restore.help.delta': '就地更新：写入有差异的内容，删除备份中没有的内容；原有内容不保留',
  'restore.help.allow-foreign': '与 --force 同用：即使已有的是另一个实例',
  'restore.help.settings': '还原出的实例的参数选项：',
  'restore.help.port': '还原出的实例的端口；必须空闲',
  'restore.help.listen': '还原出的实例监听的地址',
  'restore.help.set': '其他任意参数（可重复指定）',
  'restore.help.standalone': '停用使它与其他服务器相连的参数（replconninfo、primary_conninfo）',
  'restore.help.archive-mode': 'off（默认）：还原出的实例不写入源实例的归档；或 preserve',
  'restore.help.general': '一般选项：',
  'restore.help.plan': '显示将要做什么，不做任何改动；"quick" 不读取 WAL',
  'restore.help.progress': '显示进度信息',
  'restore.help.quiet': '除错误和警告外不输出任何内容',
  'restore.help.no-space-check': '即使磁盘放不下还原出的实例也开始',
  'restore.help.no-verify': '不按备份清单校验文件',
  'restore.help.manifest-checksums':
    '把还原出的实例做成一份全量备份：用这种校验和写 backup_manifest（NONE、CRC32C、SHA224、SHA256、SHA384、SHA512）；不指定则没有 backup_manifest',
  'restore.help.sync-method':
    'fsync：逐个文件落盘；syncfs：整个文件系统落盘，文件多时更快；目录自成一个文件系统时默认为 syncfs',
  'restore.help.no-sync': '不等待改动安全写入磁盘',
  'restore.help.json': '把计划或结果以一个 JSON 对象写到标准输出',
};
