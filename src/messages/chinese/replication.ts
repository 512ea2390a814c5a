import type { replicationMessages as english } from '../english/replication.ts';
import type { Translation } from '../translation.ts';

export const replicationMessages: Translation<typeof english> = {
  'replication.failed-command': '无法发送复制命令 "{command}"：{lines}',
  'replication.failed-backup-begin': '无法发起基础备份：{lines}',
  'replication.failed-manifest': '无法上传备份清单：{lines}',
  'replication.failed-backup-list': '无法得到备份头：{lines}',
  'replication.failed-backup-data': '无法读取备份的数据：{lines}',
  'replication.failed-backup-end': '无法从服务器得到 WAL 的结束位置：{lines}',
  'replication.failed-mot': '无法取得 MOT 检查点：{lines}',
  'replication.failed-wal': '无法接收 WAL 流：{lines}',
  'replication.result-shape': '{command} 的回答不符合预期：{reason}',
  'replication.label-refused': '备份标签 "{label}" 不能用于这个服务器',
  'replication.label-refused.hint':
    '以 gs_roach 开头的备份标签、备份标签 "gs_ctl full build" 以及含有双引号或括号的备份标签，对 openGauss 来说另有含义。',
  'replication.label-long': '备份标签有 {length} 字节，最多可以有 {limit} 字节',
  'replication.label-control': '备份标签不能含有换行符或控制字符',
  'replication.option-missing': '服务器的基础备份没有 {option}',
  'replication.option-missing.hint':
    '请去掉 {flag}：它用于 PostgreSQL {release} 及更高版本，openGauss 和 MogDB 没有这类东西。',
  'replication.wal-in-backup.hint': 'openGauss 1.0 不能把 WAL 放进基础备份，而这个服务器的版本未知。请使用 -X stream。',
  'replication.rate': '传输速率 {rate} kB/s 超出范围',
  'replication.rate.hint': '速率应在 32 到 1048576 kB/s 之间。',
  'replication.slot-name': '复制槽名 "{name}" 无效',
  'replication.slot-name.hint': '复制槽名由 1 到 63 个小写字母、数字和下划线组成；openGauss 还接受 "?"、"." 和 "-"。',
  'replication.no-temporary-slots': '这个服务器没有临时复制槽',
  'replication.slot-needs-position': '在这个服务器上，复制槽需要指明从哪个位置起保留 WAL',
  'replication.no-timelines': '这个服务器没有时间线历史',
  'replication.system-mismatch': '两个连接通到了不同的服务器：系统标识符先是 {first}，后是 {second}',
  'replication.system-mismatch.hint':
    '该主机名或端口可能通到多个服务器（负载均衡、已漂移的虚拟地址，或 HA 端口上的另一个服务器）。请只指定一个服务器。',
  'replication.physical-only': '在连接到数据库的会话上不启动物理复制',
  'replication.unreachable.hint':
    '请检查服务器是否在运行并在那里监听。没有尝试其他端口，因为那里可能是另一个服务器在监听。如果 openGauss 只开放了 HA 端口，请用 --ha-port={port} 指定该端口。',
  'replication.attempt': '正在尝试 {endpoint}',
  'replication.attempt-ha-port': '服务器要求在其 HA 端口上复制（线程池已打开）；正在尝试端口 {port}',
  'replication.recognised': '{endpoint} 是 {server}',
  'replication.wal-gap': '应收到 {expected} 处的 WAL，却收到了 {actual} 处的',
  'replication.wal-message': '长度为 {length} 字节的 WAL 消息 "{kind}" 无效',
  'replication.wal-compressed': '服务器发送的是压缩的 WAL，而这并没有要求过',
  'replication.wal-compressed.hint': '请在服务器上设置 enable_wal_shipping_compression = off。',
  'replication.tablespace-cut': '服务器发来的 oid 为 {oid} 的表空间的路径被截断了（"{path}"），因此它将无法还原',
  'replication.tablespace-cut.hint':
    '当表空间的路径以数据目录的路径开头、却不在数据目录之内时，openGauss 就会这样，例如 /data/db 与 /data/db_ts。请新建一个路径不同的表空间，把该表空间中的表移过去（ALTER TABLE … SET TABLESPACE），然后再做备份。',
  'replication.file-left-out': '服务器没有把 {file} 放进备份，因为它超出了备份格式的大小限制',
  'replication.file-left-out.hint': 'openGauss 的基础备份不能发送 8 GiB 或更大的文件。备份会不完整，因此已将其中止。',
  'replication.not-primary': '"{host}" 端口 {port} 上的服务器处于热备模式',
  'replication.not-standby': '"{host}" 端口 {port} 上的服务器不处于热备模式',
  'replication.read-only': '"{host}" 端口 {port} 上的会话是只读的',
  'replication.not-read-only': '"{host}" 端口 {port} 上的会话不是只读的',
  'replication.role-unknown':
    '"{host}" 端口 {port} 上的服务器没有说明自己是主机还是备机，而 target_session_attrs 要求 {wanted}',
};
