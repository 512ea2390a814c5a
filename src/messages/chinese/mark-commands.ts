import type { markCommandsMessages as english } from '../english/mark-commands.ts';
import type { Translation } from '../translation.ts';

export const markCommandsMessages: Translation<typeof english> = {
  'repo.mark.help.until': '到那一天结束为止（UTC，YYYY-MM-DD）；默认：永久',
  'repo.mark.help.reason': '原因，给人看的',
  'repo.mark.help.lift': '撤回',
  'repo.mark.pin.summary': '不管规则如何都保留一个备份',
  'repo.mark.pin.synopsis': 'NAME [OPTION]...',
  'repo.mark.pin.what':
    '固定保留仓库中的一个备份：到 DATE 为止或永久，没有保留规则会删除它。NAME 是其名字的开头，或 latest。',
  'repo.mark.unpin.summary': '让规则重新管理一个备份',
  'repo.mark.unpin.synopsis': 'NAME [OPTION]...',
  'repo.mark.unpin.what': '取消仓库中一个备份的所有固定保留。NAME 是其名字的开头，或 latest。',
  'repo.mark.note.summary': '给一个备份写备注',
  'repo.mark.note.synopsis': 'NAME TEXT [OPTION]...',
  'repo.mark.note.what': '给仓库中的一个备份写备注，代替原有的备注。NAME 是其名字的开头，或 latest。',
  'repo.mark.condemn.summary': '把一个备份判为坏的',
  'repo.mark.condemn.synopsis': 'NAME [OPTION]...',
  'repo.mark.condemn.what':
    '把仓库中的一个备份判为坏的：它被保留，没有命令会自己选用它，也没有规则把它计算在内。NAME 是其名字的开头，或 latest。',
  'repo.mark.pinned': '{name} 已永久固定保留',
  'repo.mark.pinned-until': '{name} 已固定保留到 {date} 结束',
  'repo.mark.unpinned': '{name} 不再固定保留',
  'repo.mark.not-pinned': '{name} 没有固定保留',
  'repo.mark.noted': '{name} 已有此备注',
  'repo.mark.note-gone': '{name} 现在没有备注',
  'repo.mark.condemned': '{name} 已判为坏的',
  'repo.mark.absolved': '{name} 不再判为坏的',
  'repo.mark.not-condemned': '{name} 没有判为坏的',
  'repo.mark.lift-latest': 'latest 从不指被判为坏的备份：它指未被判为坏的备份中最新的一个',
  'repo.mark.lift-latest.hint': '请写出备份的名字：“gausskeep list”显示哪些被判为坏的。',
  'repo.mark.bad-date': '"{text}" 不是 2027-01-31 这样的日期',
  'repo.mark.past-date': '{text} 已经过去',
};
