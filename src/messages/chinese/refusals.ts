import type { refusalMessages as english } from '../english/refusals.ts';
import type { Translation } from '../translation.ts';

export const refusalMessages: Translation<typeof english> = {
  'refusal.password.opengauss':
    '密码或用户名错误；不会再试，因为多次失败会锁定账户。pg_hba.conf 中的认证方式（md5、sha256、sm3）与密码的存储形式不符时，也会得到同样的回答：请在更改 password_encryption_type 之后重新设置密码，或把认证方式改为与存储形式相符的。',
  'refusal.password.postgresql':
    '密码或用户名错误；不会再试。服务器日志所说的比它可以告诉我们的更多，例如密码已过期，或密码的存储形式不是 pg_hba.conf 所要求的。',
  'refusal.role-no-login': '该角色不允许登录。请指定另一个角色（-U、PGUSER），或允许它登录：ALTER ROLE {role} LOGIN;',
  'refusal.role-missing':
    '服务器上没有这个角色。请指定另一个（-U、PGUSER），或创建它：CREATE ROLE {role} LOGIN REPLICATION;',
  'refusal.hba-replication':
    '请在服务器的 pg_hba.conf 中加入一行 "{line}"，并重新加载（{reload}）。数据库一列必须是 replication；"all" 不包括它。',
  'refusal.hba-database': '请在服务器的 pg_hba.conf 中加入一行 "{line}"，并重新加载（{reload}）。',
  'refusal.hba-reject':
    '在其他行之前，有一行认证方式为 reject 的先匹配上了。请在服务器的 pg_hba.conf 中把 "{line}" 这一行放在它上面，并重新加载（{reload}）。',
  'refusal.ha-channel':
    '用 --allow-missing-config 则使用另一个应用名，但备份中会缺少 postgresql.conf 和 TLS 文件。否则有两个办法：指定 SQL 端口，只要 enable_thread_pool 为 off，在那里有 REPLICATION 就够了；或授予该用户 SYSADMIN：ALTER USER {user} SYSADMIN;',
  'refusal.ha-channel-thread-pool':
    '这里的 SQL 端口不接受复制，因为 enable_thread_pool 为 on，而在 HA 端口上只有 REPLICATION 不够。用 --allow-missing-config 则使用另一个应用名，但备份中会缺少 postgresql.conf 和 TLS 文件。否则请授予该用户 SYSADMIN：ALTER USER {user} SYSADMIN;',
  'refusal.hba-encryption':
    '该连接没有加密。如果 pg_hba.conf 中有针对该用户的 hostssl 行，用 TLS 就够了：PGSSLMODE=require，这要求服务器上 ssl = on。否则请在服务器的 pg_hba.conf 中加入一行 "{line}"，并重新加载（{reload}）。要做备份，数据库一列必须是 replication。',
  'refusal.initial-user':
    '初始化该实例的用户只能从服务器所在的机器连接。请另建一个有 SYSADMIN 和 REPLICATION 的用户，或在服务器所在的机器上运行本命令。',
  'refusal.trust-remote':
    'openGauss 不接受从别的机器以 trust 方式连接。请把 pg_hba.conf 中那一行的认证方式改为 sha256。',
  'refusal.internal-tool': '该应用名属于服务器的维护工具。请另选一个（--application-name、PGAPPNAME）。',
  'refusal.thread-pool':
    'enable_thread_pool 打开时，复制只能走 HA 端口；除非另有配置，它是 SQL 端口加 1。请用 --ha-port 指定它。',
  'refusal.sql-on-ha-port': '这是 HA 端口。SQL 要走 SQL 端口，它通常小 1。',
  'refusal.wal-senders':
    '{limit} 个 WAL 发送进程的名额已全部占用。请在服务器上调大 max_wal_senders（需要重启），或等到另一个备份或备机结束。-X stream 的备份需要两个名额，-X fetch 的只需一个。',
  'refusal.wal-senders-off':
    '服务器不接受复制连接，例如在 wal_level = minimal 时。请在服务器上把 wal_level 设为 {level}，把 max_wal_senders 设为至少 2，并重启服务器。',
  'refusal.wal-level': '请在服务器上把 wal_level 设为 {level}，并重启服务器。',
  'refusal.locked': '登录失败次数过多，账户已被锁定。管理员可以解锁：ALTER USER {user} ACCOUNT UNLOCK;',
  'refusal.validity': '当前不在该账户的有效期内。请查看该用户的 VALID BEGIN 和 VALID UNTIL。',
  'refusal.tls-required': '服务器只接受 TLS 连接。请使用 sslmode=require。',
  'refusal.starting': '服务器正在启动、停止或恢复。请在它接受连接后再试。',
  'refusal.too-many-clients': '服务器的连接已全部占用。请调大 max_connections，或等到其他连接结束。',
  'refusal.wal-removed':
    '服务器已回收 WAL 段 {segment}。请调大 {setting}，或用复制槽保留 WAL（-S NAME，加 -C 则创建它），然后做一次新的备份。',
  'refusal.wal-file-missing':
    '这个备份需要的 WAL 在备份期间被回收了。请调大 {setting}，或使用 -X stream 加复制槽（-S NAME），或在写入较少时做备份。',
  'refusal.corrupt-page':
    '服务器上的数据文件 {file} 已损坏{place}；服务器在那里结束备份，没有任何选项能让它继续。请用 pg_relation_filenode 找到这个表，保存其中可读的行并重写该表（VACUUM FULL 或 CREATE TABLE AS），或利用备机的页修复来还原该页，或从更早的备份还原。在此之前不要删除更早的备份。',
  'refusal.backup-privilege': '请授予该用户 SYSADMIN 或 REPLICATION：ALTER USER {user} REPLICATION;',
  'refusal.replication-privilege': '请给该角色加上此属性：ALTER ROLE {user} REPLICATION;',
  'refusal.privilege': '该用户在服务器上缺少为此所需的权限。',
  'refusal.stream-removed':
    '服务器已删除 WAL 段{segment}：其中这里没有的内容，我们已无法得到。复制槽或更大的 {setting} 可以使 WAL 保留到被接收为止。',
  'refusal.stream-slot-missing': '请创建该复制槽，或选择一个已有的（见 pg_replication_slots）。',
  'refusal.stream-slot-invalidated':
    '服务器已放弃该复制槽所保留的 WAL（max_slot_wal_keep_size、idle_replication_slot_timeout）。请删除该复制槽并重新创建；如果那时缺少 WAL，则需要一个新的基础备份。',
  'refusal.stream-stopped': '服务器已停止，或管理员结束了该会话。',
  'refusal.stream-crashed': '服务器的一个进程崩溃了，或服务器被立即停止。原因在它的日志中。',
  'refusal.timeline-left':
    '服务器在该位置之前就离开了那条时间线：它升过主，或被还原到了更早的时刻，其后的内容不属于它的历史。',
  'refusal.slot-missing': '请用 -C 创建该复制槽，或选择一个已有的（见 pg_replication_slots）。',
  'refusal.slot-exists': '请另选一个名称，或去掉 -C 以直接使用这个复制槽，或删除它。',
  'refusal.slot-active': '另一个接收程序正在使用该复制槽。请另选一个复制槽，或结束进程号为 {pid} 的会话。',
  'refusal.slot-name': '复制槽名由 1 到 63 个小写字母、数字和下划线组成；openGauss 还接受 "?"、"." 和 "-"。',
  'refusal.slots-used': '请在服务器上调大 max_replication_slots（需要重启），或删除一个没有人用的复制槽。',
  'refusal.slot-logical': '该复制槽是逻辑复制槽。请选择或创建物理复制槽。',
  'refusal.slot-invalidated':
    '服务器丢弃了该复制槽需要的 WAL（max_slot_wal_keep_size）。请删除该复制槽，重新创建，并做一次新的基础备份。',
  'refusal.grammar': '服务器不理解该命令。它的版本可能与所认为的不同，或者是连接池或代理在代它回答。',
  'refusal.label': '请选择较短的、不含引号和括号的备份标签。',
  'refusal.stopped': '服务器已停止，或管理员结束了该会话。这个备份的任何部分都不能用；请重新备份。',
  'refusal.promoted': '服务器在备份期间改变了角色。请重新备份。',
  'refusal.full-page-writes': '请在主机上设置 full_page_writes = on，在那里运行 CHECKPOINT，然后重新备份。',
  'refusal.name-too-long':
    'PostgreSQL 备份的格式容纳不下超过 100 字节的文件名。请在服务器的数据目录中删除或重命名该文件。',
  'refusal.unreadable-file': '服务器无法读取其数据目录中的一个文件。请删除该文件，或把它交还给运行服务器的用户。',
  'refusal.protocol': '服务器不支持协议版本 3。支持的是 PostgreSQL 10 到 18 和 openGauss。',
  'refusal.uuid': '服务器要求复制 UUID（repl_auth_mode = uuid），不支持这种认证。',
  'refusal.summarize-wal': '请在服务器上设置 summarize_wal = on，并先做一次全量备份。',
  'refusal.summaries-missing':
    '自较早的备份以来改动了什么，并非全程可知：summarize_wal 曾为 off，或 wal_level 曾为 minimal，或 WAL 汇总已不在（wal_summary_keep_time），或者这个服务器没有它自己建成之前的 WAL 汇总：它是比较早的备份更新的备机或还原出的实例，此后升了主。请做一次全量备份。',
  'refusal.manifest-ahead': '较早的备份的结束位置在这个备份的起始位置之后。在备机上，请等它回放到更晚的检查点后再试。',
  'refusal.manifest-timeline': '较早的备份所属的时间线，不是这个服务器的来源。请做一次全量备份。',
  'refusal.manifest-instance': '该备份清单属于另一个实例的备份。请指定这个实例的备份清单，或做一次全量备份。',
  'refusal.manifest-unread': '请指定 PostgreSQL 17 或更高版本的备份中未经改动的 backup_manifest。',
  'refusal.ahead': '手头的 WAL 比服务器的新：这是另一个实例，或者它被还原到了更早的时刻。',
  'refusal.timeline': '服务器不认识那条时间线：它升过主或被还原过。请做一次新的基础备份。',
  'refusal.no-database': '请指定一个存在的数据库（-d、PGDATABASE）。',
  'refusal.disk-full': '服务器的磁盘已满。',
  'refusal.in-block': '（块 {block}）',
};
