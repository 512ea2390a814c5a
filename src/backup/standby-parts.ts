import { toBytes } from '../bytes/byte-string.ts';
import type { SessionSettings } from '../replication/open-session.ts';
import type { Capabilities } from '../server/capabilities.ts';
import { standbyConfiguration } from '../server/standby-settings.ts';
import type { ExtraFile } from './extra-files.ts';
import type { Output } from './output.ts';
import { primaryConninfo } from './primary-conninfo.ts';
import type { LocalOrder } from './request.ts';
import { StandbyOutput } from './standby-output.ts';

/** How a backup becomes the beginning of a standby, where that was asked for. */
export interface StandbyParts {
  readonly around: (output: Output) => Output;
  /** For the manifest, too: what no verifier passes over by itself. */
  readonly extraFiles: (mode: number) => readonly ExtraFile[];
}

/**
 * @param settings with which the session was opened, the password included
 * @throws BackupError `USAGE` where the product has no such standbys
 */
export function standbyPartsOf(
  { standby, slot }: Pick<LocalOrder, 'standby' | 'slot'>,
  capabilities: Capabilities,
  settings: SessionSettings,
): StandbyParts {
  if (!standby) return { around: (output) => output, extraFiles: () => [] };
  const password = typeof settings.password === 'string' ? settings.password : undefined;
  const configuration = standbyConfiguration(
    { primaryConninfo: primaryConninfo(settings, password), slot: slot.kind === 'named' ? slot.name : undefined },
    capabilities,
  );
  if (configuration.appended === undefined) {
    return {
      around: (output) => output,
      extraFiles: (mode) => configuration.files.map(({ name, text }) => ({ name, mode, content: toBytes(text) })),
    };
  }
  return { around: (output) => new StandbyOutput(output, configuration), extraFiles: () => [] };
}
