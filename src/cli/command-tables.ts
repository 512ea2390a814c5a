import { backupOptions } from '../config/backup-options.ts';
import { completionOptions } from '../config/completion-options.ts';
import { doctorOptions } from '../config/doctor-options.ts';
import { condemnOptions, noteOptions, pinOptions, unpinOptions } from '../config/mark-options.ts';
import { exportOptions } from '../config/export-options.ts';
import type { OptionGroup } from '../config/option-table.ts';
import { recoverOptions, resumeOptions, statusOptions } from '../config/recovery-options.ts';
import {
  listOptions,
  repoAdoptOptions,
  repoCheckOptions,
  repoCopyOptions,
  repoInitOptions,
  repoKeyOptions,
  repoProbeOptions,
  repoStatsOptions,
} from '../config/repository-options.ts';
import { restoreOptions } from '../config/restore-options.ts';
import { expireOptions } from '../config/retention-options.ts';
import { verifyOptions } from '../config/verify-options.ts';
import {
  walCleanupOptions,
  walGenerationOptions,
  walGetOptions,
  walInitOptions,
  walPushOptions,
  walWrapperOptions,
} from '../config/wal-options.ts';
import { walReceiveOptions, walStatusOptions } from '../config/wal-receive-options.ts';
import { windowOptions } from '../config/window-options.ts';
import { say, type Message } from '../messages/message.ts';

interface CommandTable {
  readonly options: readonly OptionGroup[];
  readonly synopsis: Message;
}

/** What each command of `gausskeep` takes, without loading what it does. */
export const commandTables: Readonly<Record<string, CommandTable>> = {
  backup: { options: backupOptions, synopsis: say('backup-help.synopsis') },
  verify: { options: verifyOptions, synopsis: say('verify.help.synopsis') },
  'wal init': { options: walInitOptions, synopsis: say('wal-commands.init.synopsis') },
  doctor: { options: doctorOptions, synopsis: say('doctor.help.synopsis') },
  restore: { options: restoreOptions, synopsis: say('restore.help.synopsis') },
  recover: { options: recoverOptions, synopsis: say('recovery-help.recover.synopsis') },
  resume: { options: resumeOptions, synopsis: say('recovery-help.resume.synopsis') },
  status: { options: statusOptions, synopsis: say('recovery-help.status.synopsis') },
  list: { options: listOptions, synopsis: say('repo.list.synopsis') },
  expire: { options: expireOptions, synopsis: say('expire-help.synopsis') },
  pin: { options: pinOptions, synopsis: say('repo.mark.pin.synopsis') },
  unpin: { options: unpinOptions, synopsis: say('repo.mark.unpin.synopsis') },
  note: { options: noteOptions, synopsis: say('repo.mark.note.synopsis') },
  condemn: { options: condemnOptions, synopsis: say('repo.mark.condemn.synopsis') },
  export: { options: exportOptions, synopsis: say('export-help.synopsis') },
  'repo adopt': { options: repoAdoptOptions, synopsis: say('adopt-help.synopsis') },
  'repo copy': { options: repoCopyOptions, synopsis: say('copy-help.synopsis') },
  'repo stats': { options: repoStatsOptions, synopsis: say('stats-help.synopsis') },
  'repo check': { options: repoCheckOptions, synopsis: say('check-help.synopsis') },
  'repo key': { options: repoKeyOptions, synopsis: say('repo-key.synopsis') },
  'repo probe': { options: repoProbeOptions, synopsis: say('store.probe.synopsis') },
  'repo init': { options: repoInitOptions, synopsis: say('repo.init.synopsis') },
  window: { options: windowOptions, synopsis: say('window.help.synopsis') },
  'wal receive': { options: walReceiveOptions, synopsis: say('receive-help.synopsis') },
  'wal status': { options: walStatusOptions, synopsis: say('receive-help.status.synopsis') },
  'wal push': { options: walPushOptions, synopsis: say('wal-commands.push.synopsis') },
  'wal get': { options: walGetOptions, synopsis: say('wal-commands.get.synopsis') },
  'wal cleanup': { options: walCleanupOptions, synopsis: say('wal-commands.cleanup.synopsis') },
  'wal wrapper': { options: walWrapperOptions, synopsis: say('wal-commands.wrapper.synopsis') },
  'wal generation': { options: walGenerationOptions, synopsis: say('wal-commands.generation.synopsis') },
  completion: { options: completionOptions, synopsis: say('completion.synopsis') },
};
