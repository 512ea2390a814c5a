import type { ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Capabilities } from './capabilities.ts';
import { formatConninfo, wordsForLibpq, type ConninfoWord } from './conninfo-words.ts';
import { settingLine, type Setting } from './recovery-settings.ts';

/** What a standby is told about its primary. */
export interface StandbySettings {
  readonly primaryConninfo: readonly ConninfoWord[];
  readonly slot: string | undefined;
}

/** What makes a server that is started on a copy a standby: files of the data directory, by name. */
export interface StandbyConfiguration {
  /** Made anew. */
  readonly files: readonly { readonly name: ByteString; readonly text: ByteString }[];
  /** Lines for the end of a file that may be there, and may end without a newline. */
  readonly appended: { readonly name: ByteString; readonly text: ByteString } | undefined;
  /** Keywords of the connection that the libpq of the server does not know, so that the standby goes without. */
  readonly leftOut: readonly string[];
}

/**
 * The configuration of a standby, as pg_basebackup -R writes it.
 * @throws BackupError `USAGE` for a product whose standbys are not made from base backups
 */
export function standbyConfiguration(
  { primaryConninfo, slot }: StandbySettings,
  { recoveryConfiguration, libpqRelease }: Pick<Capabilities, 'recoveryConfiguration' | 'libpqRelease'>,
): StandbyConfiguration {
  const { known, leftOut } = wordsForLibpq(primaryConninfo, libpqRelease);
  const settings: Setting[] = [
    { name: 'primary_conninfo', value: formatConninfo(known) },
    ...(slot === undefined ? [] : [{ name: 'primary_slot_name', value: slot }]),
  ];
  const textOf = (lines: readonly Setting[]): ByteString =>
    lines.map((line) => `${settingLine(line)}\n`).join('') as ByteString;
  switch (recoveryConfiguration) {
    case 'opengauss-recovery-conf':
      throw new BackupError('USAGE', say('server.no-standby'), { hint: say('server.no-standby.hint') });
    case 'recovery-conf': {
      const text = textOf([{ name: 'standby_mode', value: 'on' }, ...settings]);
      return { files: [{ name: 'recovery.conf' as ByteString, text }], appended: undefined, leftOut };
    }
    case 'signal-files':
      return {
        files: [{ name: 'standby.signal' as ByteString, text: '' as ByteString }],
        appended: { name: 'postgresql.auto.conf' as ByteString, text: `\n${textOf(settings)}` as ByteString },
        leftOut,
      };
  }
}
