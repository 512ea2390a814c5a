import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

/** Directory of a backup with the configuration that its server keeps outside of its data directory (Debian). */
export const configDirectoryName = 'gausskeep_config';

/** Tells where that configuration was; beside it, and no part of it. */
export const configOriginName = `${configDirectoryName}/origin.json` as const;

/** Where a server had its configuration, by its own words: absolute paths. Undefined where it did not say. */
export interface ConfigOrigin {
  readonly configFile: string | undefined;
  readonly hbaFile: string | undefined;
  readonly identFile: string | undefined;
  /** The directory that was taken along: paths below `configDirectoryName` are paths below it. */
  readonly configDirectory: string;
}

export function encodeConfigOrigin(origin: ConfigOrigin): Buffer {
  return Buffer.from(`${JSON.stringify(origin, undefined, 2)}\n`);
}

/** @throws BackupError `CORRUPT` unless it says where the directory was; fields that are not known are passed over */
export function decodeConfigOrigin(bytes: Uint8Array): ConfigOrigin {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new BackupError('CORRUPT', say('manifest.bad-config-origin', { name: configOriginName }), { cause: error });
  }
  const fields = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const path = (name: string): string | undefined => {
    const field = fields[name];
    return typeof field === 'string' && field.startsWith('/') ? field : undefined;
  };
  const configDirectory = path('configDirectory');
  if (configDirectory === undefined) {
    throw new BackupError('CORRUPT', say('manifest.bad-config-origin', { name: configOriginName }));
  }
  return { configFile: path('configFile'), hbaFile: path('hbaFile'), identFile: path('identFile'), configDirectory };
}
