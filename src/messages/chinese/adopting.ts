import type { adoptingMessages as english } from '../english/adopting.ts';
import type { Translation } from '../translation.ts';

export const adoptingMessages: Translation<typeof english> = {
  'adopt-help.synopsis': 'ARCHIVE --repo PLACE --instance NAME [OPTION]...',
  'adopt-help.summary': '将 WAL 归档纳入仓库',
  'adopt-help.what':
    '将目录 ARCHIVE 中的 WAL 归档纳入仓库，作为某个实例的归档；实例不存在时会创建。在同一文件系统上不复制任何内容：文件成为硬链接，即同一文件有两个名称。原归档保持不变，仍可用 --archive 指定。先前已纳入的内容只作比较，因此可以重复运行。退出状态 3：留下了接收程序正在写入的段。',
  'adopt-help.copy': '全部复制，这样一处文件损坏不会影响另一处',
  'adopt.changed': '其间另一个进程已将 "{name}" 存入该实例的归档',
  'adopt.changed.hint': '请再次运行：它会进行比较，并从中断处继续。',
  'adopt.conflict': '世代 {generation} 的 WAL 文件 {name} 在该实例的归档中内容不同',
  'adopt.conflict.hint':
    '两个归档中的 WAL 不相同：其间服务器曾恢复到更早的时刻，或者其中一个不属于该服务器。已有的内容没有任何改动。请用 --archive 直接使用原归档，或将其纳入另一个实例。',
  'adopt.damaged.hint': '请从归档的副本中恢复该文件；或将其回执移出归档，这段 WAL 即视为缺失。',
  'adopt.itself': '"{archive}" 已经是该实例的归档',
  'adopt.in-store': '"{archive}" 在对象存储中：只能接管本机目录中的归档',
  'adopt.in-store.hint': '请先用该存储的工具把其中的对象取到一个目录，再接管那个目录。仓库本身用 --repo 指定。',
  'adopt.left-growing': '未纳入 "{name}"：接收程序正在写入它，或曾写入它。其中的内容不在仓库中',
  'adopt.left-growing.hint':
    '请停止接收程序，并让它改用该实例的归档。如果服务器已丢失，请纳入已收到的部分：gausskeep wal push {path:word} {words}',
  'adopt.left-whole':
    '未纳入 "{name}"：接收程序尚未将其存储。请在存储后再次运行；如果没有接收程序在运行：gausskeep wal push {path:word} {words}',
  'adopt.no-archive.hint':
    '必须是由 "gausskeep wal push" 或 "wal receive" 创建的归档。其他工具存放在目录中的文件，请用 "gausskeep wal push" 逐个推送。',
  'adopt.no-room': '复制归档需要 {needed} 字节；"{repository}" 所在文件系统有 {free} 字节',
  'adopt.no-room.hint':
    '没有写入任何内容。请在那里腾出空间。如果在同一文件系统上，且文件属于仓库所属的账户，则无需复制。',
  'adopt.occupied.hint': '没有写入任何内容。请移走其中的内容，或选择另一个实例。',
  'adopt.other-generations': '该实例的归档没有相同的世代 {generation}',
  'adopt.done': '已将 {segments} 个 WAL 段纳入实例 "{instance}"；{present} 个原已存在',
  'adopt.linked': '链接了 {linked} 个文件，没有复制任何内容',
  'adopt.copied': '链接了 {linked} 个文件，复制了 {copied} 个（{bytes}）：{reason}',
  'adopt.why.asked': '按要求复制',
  'adopt.why.elsewhere': '归档在另一个文件系统上',
  'adopt.why.encrypted': '仓库已加密',
  'adopt.why.owner': '归档与仓库属于不同的账户',
  'adopt.why.refused': '文件系统拒绝创建某个链接',
  'adopt.why.store': '仓库位于对象存储中',
  'adopt.other-owner': '原归档属于用户 {source}，该实例的归档属于用户 {target}：前者的服务器无法向其中推送',
  'adopt.not-read': '比较了回执与大小；没有读取 WAL 本身',
  'adopt.copied-read': '比较了回执与大小；复制的 WAL 已读取并与其回执比较',
  'adopt.unknown': '{count} 个名称不属于归档，留在原处：{list}',
  'adopt.next':
    '"{archive}" 保持不变，在您按下面配置之前，服务器仍归档到其中。配置之后请再运行一次：它会纳入其间新增的内容。',
};
