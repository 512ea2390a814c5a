import type { recoveryMessages as english } from '../english/recovery.ts';
import type { Translation } from '../translation.ts';

export const recoveryMessages: Translation<typeof english> = {
  'recovery.bad-record': '还原的记录（{name}）已损坏，或比当前的 gausskeep 新',
  'recovery.no-data-directory': '"{path}" 不是数据目录：其中没有 PG_VERSION',
  'recovery.unfinished': '数据目录 "{path}" 中没有 global/pg_control',
  'recovery.unfinished.hint': '还原没有完成。请重做还原。',
  'recovery.no-control-program': '"{directory}" 中没有 {program}',
  'recovery.no-programs': '在 {places} 中没有找到 {program}',
  'recovery.no-programs.hint': '请安装 {wanted}，或用 --bindir 指定其程序所在的目录。',
  'recovery.other-programs': '数据目录属于 {wanted}，而找到的是 {found}',
  'recovery.other-programs.hint':
    '物理备份只能由相同的产品和版本打开；中途没有升级。请用 --bindir 指定正确的程序。',
  'recovery.programs': '正在用 "{directory}" 中的程序启动 {server}',
  'recovery.manager': '{name} 正在运行（pid {pid}）：在恢复期间，它可能会启动、停止或重建这个服务器',
  'recovery.cannot-start': '无法运行 "{program}"：{reason}',
  'recovery.cannot-start.hint':
    '如果缺少库，请把 LD_LIBRARY_PATH 设成与服务器的操作系统用户相同（openGauss：GAUSSHOME/lib）。',
  'recovery.log-file': '"{path}" 不是只有一个名称的普通文件',
  'recovery.running': '"{path}" 中已有数据库服务在运行（pid {pid}）',
  'recovery.running.hint': '查看它进行到了哪里：gausskeep status --pgdata {path:word}',
  'recovery.root': '数据库服务不能以 root 运行，而 "{path}" 会以 root 运行',
  'recovery.root.hint':
    '请把数据目录交给数据库的操作系统用户（chown -R），再以 root 或该用户的身份运行本命令。',
  'recovery.not-owner': '"{path}" 属于用户 {owner}：请以该用户或 root 的身份运行本命令',
  'recovery.not-ours': '当前操作系统用户无权读取 "{path}"',
  'recovery.not-ours.hint': '请以数据目录的属主运行本命令，或以 root 运行，它会变为属主的身份。',
  'recovery.nothing': '"{path}" 中没有需要恢复的东西',
  'recovery.nothing.hint':
    '其中既没有 backup_label，也没有恢复参数，gausskeep 的还原也没有在这里留下任何东西。崩溃过的服务器直接启动即可。从运行中的服务器拷贝出来的目录则不行：它打开时就是损坏的，而且没有任何提示，因此请重新还原备份。',
  'recovery.nothing.clean.hint':
    '其中既没有 backup_label，也没有恢复参数，gausskeep 的还原也没有在这里留下任何东西，并且其服务器是正常关闭的：直接启动即可。',
  'recovery.over': '"{path}" 中没有需要恢复的东西：它的恢复已经结束',
  'recovery.over.hint': '还原出的实例已被打开过，与其他数据库没有区别：启动它即可。命令：\n    {command}',
  'recovery.over.uncompared.hint':
    '还原出的实例已被打开过，但没有人把它与承诺的内容比对过。请先启动它，再用 gausskeep resume --pgdata {path:word} 比对。启动命令：\n    {command}',
  'recovery.query-timeout': '服务器在 {seconds} 秒内没有回答',
  'recovery.not-asked': '服务器不让我们登录，因此它停在何处只能从它的日志得知',
  'recovery.stalled': '日志和服务器的回答都已有 {seconds} 秒没有进展：不再等待，服务器继续运行',
  'recovery.stalled.hint':
    'restore_command 挂住时就是这样，服务器不写我们能读到的日志时也是这样。可用 gausskeep status --pgdata {path:word} 查看。--stall-timeout 可以给它更多时间。',
  'recovery.goes-on': '服务器继续运行；查看它进行到了哪里：gausskeep status --pgdata {path:word}',
  'recovery.ended': '服务器退出了：{text}',
  'recovery.no-room-for-log': '服务器连一个字也写不进它的日志',
  'recovery.ended-silently': '服务器没有任何说明就退出了',
  'recovery.ended.hint': '其余内容在服务器的日志中。',
  'recovery.ended-early': '恢复结束于 {replayed}，早于承诺的 {promised}：两者之间的内容缺失',
  'recovery.last-lost': '承诺的最后一个事务是 {xid}，而服务器给出的它的状态是 {status}',
  'recovery.other-last':
    '回放的最后一个事务的时间是 {found}，而承诺的最后一个事务是 {promised} 的事务 {xid}',
  'recovery.prepared-lost': '承诺的预备事务中有 {count} 个不存在：{list}',
  'recovery.prepared-unexpected': '有 {count} 个还原计划没有列出的预备事务：{list}',
  'recovery.and-more': '另有 {count} 个',
  'recovery.marked': '这个还原出的实例与承诺的不符：{text}',
  'recovery.stopped-again': '服务器已打开数据库：又将其停止，以免有人写入',
  'recovery.stopped-to-correct': '已停止服务器，以便改正它的配置',
  'recovery.not-stopped': '"{path}" 中的服务器停不下来：请在有人写入之前停止它',
  'recovery.not-comparable':
    '服务器在恢复之后重启过，因此恢复结束的位置无法与承诺的比对',
  'recovery.too-low': '{name} 为 {is}，而需要 {value}',
  'recovery.paused-early': '服务器暂停在 {replayed}，未到它的目标（{promised}）',
  'recovery.paused-early.hint':
    '有人把它暂停了。要继续到目标：{query}。然后：gausskeep status --pgdata {path:word}',
  'recovery.could-not-pause':
    '要求了暂停，但在这次恢复结束的位置服务器无法暂停：它已打开数据库，可读写',
  'recovery.no-hot-standby':
    'hot_standby 为 off：服务器在恢复期间不接受会话，也无法暂停：它会在目标处停机',
  'recovery.archiving-on':
    '这个还原出的实例的 archive_mode 为 {mode}：它可能会写入源实例的归档。请在此之前将其关闭',
  'recovery.server-warns': '服务器：{text}',
  'recovery.stopped-elsewhere': '恢复结束于 {replayed}，而承诺的是 {promised}',
  'recovery.not-reached':
    '从未到达目标 {target}：服务器一直回放到 WAL 末尾，并在那里打开了数据库',
  'recovery.opened-instead': '服务器没有在目标处暂停，而是打开了数据库',
  'recovery.restore-again.hint':
    '不要把这个还原出的实例投入使用：请重新还原备份。如果它仍然够用：--allow-end-of-wal。',
  'recovery.restore-again-by.hint':
    '不要把这个还原出的实例投入使用。重新还原的命令：\n    {command}\n如果它仍然够用：--allow-end-of-wal。',
  'recovery.restart-trap':
    '暂停期间不要重启服务器：它会以可读写方式打开数据库；如果是时间目标，还会多出一个事务',
  'recovery.not-running': '"{path}" 中没有数据库服务在运行',
  'recovery.not-running.hint': '启动它的恢复：gausskeep recover --pgdata {path:word}',
  'recovery.not-running.at-target.hint':
    '它已按要求在目标处停机。如何查看它、如何打开它，见：gausskeep status --pgdata {path:word}',
  'recovery.not-running.own.hint': 'gausskeep 的还原没有在这里留下任何东西，因此没有可以继续的恢复。',
  'recovery.no-sessions': '服务器正在启动，还不接受会话',
  'recovery.no-sessions.hint':
    '请等到它在目标处暂停，并在执行本命令之前查看它。hot_standby = off 时，它在恢复期间不接受会话。查看它进行到了哪里：gausskeep status --pgdata {path:word}',
  'recovery.not-there': '服务器接受会话，但不是在 "{host}" 的端口 {port} 上',
  'recovery.not-there.hint': '请去掉 --host：服务器自己给出的是 "{own}"。',
  'recovery.not-recovered':
    '"{path}" 中的数据库已打开，可读写，而 gausskeep 没有在那里恢复过任何东西：没有做任何操作',
  'recovery.not-recovered.hint': '请用 --pgdata 指定还原出的实例的目录。',
  'recovery.standby': '该服务器是备机，不是在恢复目标处暂停',
  'recovery.standby.hint': '将它升主：{command}',
  'recovery.not-paused': '服务器仍在恢复，没有暂停',
  'recovery.not-paused.hint': '请等到它暂停。查看：gausskeep status --pgdata {path:word}',
  'recovery.history-marked': '已把 {name} 标记为在打开归档时归档',
  'recovery.history-unmarked':
    '打开归档后，服务器不会自己归档 {name}：请在 "{path}" 中创建一个空文件，文件名是它的名称后面加上 ".ready"',
  'recovery.settings-removed': '已从 {file} 中去掉恢复用的参数',
  'recovery.next.look': '查看这是否是想要的状态（只读）',
  'recovery.next.resume': '如果是，打开数据库（可读写）',
  'recovery.next.prepared':
    '决定如何处理数据库 "{database}" 的 {count} 个预备事务 {list}（COMMIT PREPARED 或 ROLLBACK PREPARED）：在此之前，读取它们的行可能会挂住',
  'recovery.next.hot-standby': '要查看它：设置 hot_standby = on',
  'recovery.next.pause': '要查看它：让它在目标处暂停',
  'recovery.next.recover-again': '然后再次启动恢复：它从原处继续，并会暂停',
  'recovery.next.open-instead': '或者不查看就打开它（可读写）：让它升主，并再次启动恢复',
  'recovery.next.start': '它的恢复已经结束：像普通服务器一样启动它',
  'recovery.next.compare': '把它与承诺的内容比对，这还没有人做过',
  'recovery.next.generation':
    '在归档中开启新的一代：恢复后的服务器会写出名称相同而内容不同的 WAL',
  'recovery.next.archiving': '打开归档，归档到新的一代',
  'recovery.next.archiving-own':
    '打开归档，绝不要归档到源实例的归档：先把 archive_command 设为自己的归档，再设 archive_mode = on',
  'recovery.next.takes-over':
    '归档已关闭。当这个还原出的实例接替源实例时，请打开归档；它有自己的时间线',
  'recovery.next.takes-over-kept':
    '归档已关闭。当这个还原出的实例接替源实例时，请打开归档；它有自己的时间线，归档命令是：{command}',
  'recovery.next.takes-over-unset':
    '归档已关闭。当这个还原出的实例接替源实例时，先设置 archive_command，再设 archive_mode = on；它有自己的时间线',
  'recovery.next.takes-over-shared':
    '归档已关闭，而这个还原出的实例在时间线 {timeline} 上，与源实例相同，因此它的 WAL 会用相同的名称。当它接替源实例时，先把 archive_command 设为自己的归档，绝不要设为源实例的归档，再设 archive_mode = on',
  'recovery.next.stop-start': '然后先停止再启动它：重启（restart）会使归档保持关闭',
  'recovery.next.archiving-postgresql': '确认 WAL 在归档；该服务器现在有自己的时间线',
  'recovery.next.archiving-shared':
    '归档已打开，而这个还原出的实例在时间线 {timeline} 上，与源实例相同：请确认 archive_command 没有通到源实例的归档',
  'recovery.next.backup': '做一次全量备份：更早的备份通向旧的 WAL 历史',
  'recovery.next.backup-timeline':
    '做一次全量备份：更早的备份只有用 --target-timeline latest，并借助这个服务器归档的 WAL，才能通到这里',
  'recovery.next.backup-shared': '做一次全量备份：在这里写入的内容不在任何更早的备份中',
  'recovery.next.replconninfo': '在它再次成为主机之前，清空或改正复制连接信息',
  'recovery.next.standby': '重建每个备机',
  'recovery.next.restart': '在合适的时候重启它，使它在崩溃之后能再次并行回放',
  'recovery.next.slot': '如果仍然需要，重新创建复制槽 "{name}"',
};
