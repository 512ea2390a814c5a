import { fromBytes, type ByteString } from '../bytes/byte-string.ts';
import {
  configDirectoryName,
  configOriginName,
  decodeConfigOrigin,
  type ConfigOrigin,
} from '../manifest/config-origin.ts';

/** Configuration that a backup took along from outside of the data directory. */
export interface OutsideConfiguration {
  readonly origin: ConfigOrigin;
  /** Content by the path below the directory that was taken along. */
  readonly files: ReadonlyMap<ByteString, ByteString>;
}

/** Largest file that can be configuration, and the most that all of it can be, in bytes. */
const largestFile = 1024 * 1024;
const largestConfiguration = 16 * 1024 * 1024;

/** Whether a name of a backup belongs to the configuration that was taken along from outside of the data directory. */
export function isOutsideConfiguration(name: ByteString): boolean {
  return name === configDirectoryName || name.startsWith(`${configDirectoryName}/`);
}

/** Collects that configuration while a backup is read. */
export class ConfigurationNotes {
  readonly #files = new Map<ByteString, ByteString>();
  #origin: Buffer | undefined;
  #bytes = 0;

  /** Whether it is a file of it, and none that is too large to be one. */
  wants(name: ByteString, sizeBytes: number): boolean {
    const isSmall = sizeBytes <= largestFile && this.#bytes + sizeBytes <= largestConfiguration;
    return isSmall && name.startsWith(`${configDirectoryName}/`);
  }

  add(name: ByteString, content: Buffer): void {
    this.#bytes += content.length;
    if (name === configOriginName) this.#origin = content;
    else this.#files.set(name.slice(configDirectoryName.length + 1) as ByteString, fromBytes(content));
  }

  /** @throws BackupError `CORRUPT` when what tells where it was is damaged */
  configuration(): OutsideConfiguration | undefined {
    if (this.#origin === undefined) return undefined;
    return { origin: decodeConfigOrigin(this.#origin), files: this.#files };
  }
}
