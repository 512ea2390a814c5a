import type { receiveHelpMessages as english } from '../english/receive-help.ts';
import type { Translation } from '../translation.ts';

export const receiveHelpMessages: Translation<typeof english> = {
  'receive-help.summary': '在 WAL 写出的同时接收它，存入归档或目录',
  'receive-help.synopsis': '[OPTION]...',
  'receive-help.what':
    '在运行中的服务器写出 WAL 的同时接收它，存入 WAL 归档或目录，直到被要求结束（SIGINT、SIGTERM）。名为 pg_receivewal 或 pg_receivexlog 的链接可代替那个工具。',
  'receive-help.original.what': '在运行中的 openGauss、MogDB 或 PostgreSQL 服务器写出 WAL 的同时接收它。',
  'receive-help.options': '选项：',
  'receive-help.directory': '把 WAL 文件接收到此目录',
  'receive-help.archive': '改为接收到此 WAL 归档（GAUSSKEEP_ARCHIVE）',
  'receive-help.generation': '归档代（GAUSSKEEP_GENERATION）；默认：唯一未关闭的那一代',
  'receive-help.endpos': '接收到指定的 LSN 后退出',
  'receive-help.if-not-exists': '创建复制槽时，若已存在则不报错',
  'receive-help.make-slot':
    '服务器上没有该复制槽时创建它，在接收之前也会创建；与 --create-slot 同用：已有时不报错',
  'receive-help.no-loop': '连接断开时不循环重试',
  'receive-help.no-sync': '不等待改动安全落盘',
  'receive-help.status-interval': '向服务器发送状态包的间隔（默认：10）',
  'receive-help.slot': '要使用的复制槽',
  'receive-help.synchronous': 'WAL 写入后立即落盘，并马上告知服务器',
  'receive-help.verbose': '输出详细消息',
  'receive-help.version': '输出版本信息，然后退出',
  'receive-help.compress': 'none（默认）、gzip、lz4 或 zstd，可加压缩级别；只给数字则是 gzip 的级别',
  'receive-help.help': '显示本帮助，然后退出',
  'receive-help.watching': '监视服务器、复制槽和已接收的内容：',
  'receive-help.status-file': '每秒一次把接收状态写入此文件，供 "gausskeep wal status" 使用',
  'receive-help.slot-warn': '复制槽在服务器上保留的 WAL 达到这么多时发出警告（例如 512MB）',
  'receive-help.slot-max': '复制槽在服务器上最多可以保留的 WAL',
  'receive-help.on-slot-max': '达到上限时怎么做：警告（warn，默认）、停止（stop），或删除复制槽并停止（drop）',
  'receive-help.on-gap': '服务器已删除这里还没有的 WAL 时：停止（stop，默认），或在其后继续（continue）',
  'receive-help.on-fork':
    '服务器被恢复到更早的位置时：停止（stop，默认），或在归档的新一代中继续（generation）',
  'receive-help.on-unproved':
    '无法得知服务器是否接着上次结束处继续时：停止（stop，默认），或继续（continue）',
  'receive-help.connection': '连接选项：',
  'receive-help.dbname': '连接串或 URI，写法同 libpq；-h、-p 和 -U 优先于它',
  'receive-help.host': '数据库服务器的主机名或套接字目录；可写多个，用逗号分隔：使用其中的主机（primary）',
  'receive-help.port': '数据库服务器的端口号；所有地址共用一个，或每个地址一个',
  'receive-help.ha-port': 'openGauss：HA 端口，在它不是端口 + 1 时指定',
  'receive-help.username': '以指定的数据库用户连接',
  'receive-help.rw-timeout': '服务器静默这么久就重新连接（单位秒；默认 120，0：永不）',
  'receive-help.no-password': '永不提示输入密码',
  'receive-help.password': '强制提示输入密码（应会自动提示）',
  'receive-help.actions': '可选操作：',
  'receive-help.create-slot': '创建新的复制槽（槽名见 --slot）',
  'receive-help.drop-slot': '删除复制槽（槽名见 --slot）',
  'receive-help.status.summary': '显示 WAL 接收程序的状态',
  'receive-help.status.synopsis': 'FILE [OPTION]...',
  'receive-help.status.what':
    '根据 WAL 接收程序的 --status-file 所指定的文件，显示它的状态。退出状态 0：正在接收，或已按要求结束；3：没有在接收，或遇到了断档。',
  'receive-help.json': '以一行 JSON 给出',
};
