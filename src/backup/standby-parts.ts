import { toBytes } from '../bytes/byte-string.ts';
import { say, type Message } from '../messages/message.ts';
import type { Capabilities } from '../server/capabilities.ts';
import { standbyConfiguration } from '../server/standby-settings.ts';
import type { ExtraFile } from './extra-files.ts';
import type { Output } from './output.ts';
import { primaryWords } from './primary-conninfo.ts';
import type { LocalOrder } from './request.ts';
import { StandbyOutput } from './standby-output.ts';

/** How a backup becomes the beginning of a standby, where that was asked for. */
export interface StandbyParts {
  readonly around: (output: Output) => Output;
  /** For the manifest, too: what no verifier passes over by itself. */
  readonly extraFiles: (mode: number) => readonly ExtraFile[];
  /** What the standby does otherwise than the backup, which the user must know. */
  readonly warning: Message | undefined;
}

/**
 * @param password with which the session was opened
 * @throws BackupError `USAGE` where the product has no such standbys
 */
export function standbyPartsOf(
  order: Pick<LocalOrder, 'standby' | 'standbyParameters' | 'slot' | 'source' | 'otherSources'>,
  capabilities: Capabilities,
  password: string | undefined,
): StandbyParts {
  const { standby, slot, source, otherSources = [] } = order;
  if (!standby) return { around: (output) => output, extraFiles: () => [], warning: undefined };
  const words = primaryWords([source, ...otherSources], { password, further: order.standbyParameters });
  const configuration = standbyConfiguration(
    { primaryConninfo: words, slot: slot.kind === 'named' ? slot.name : undefined },
    capabilities,
  );
  const { leftOut } = configuration;
  const warning =
    leftOut.length === 0
      ? undefined
      : say('backup.conninfo-left-out', { keywords: leftOut.join(', '), release: capabilities.libpqRelease });
  if (configuration.appended === undefined) {
    return {
      around: (output) => output,
      extraFiles: (mode) => configuration.files.map(({ name, text }) => ({ name, mode, content: toBytes(text) })),
      warning,
    };
  }
  return { around: (output) => new StandbyOutput(output, configuration), extraFiles: () => [], warning };
}
