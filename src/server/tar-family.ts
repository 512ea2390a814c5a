import { statesTimeline } from '../wal/backup-label.ts';
import type { ServerFamily } from './identity.ts';

/** What an archive of a data directory shows about the server that it came from. */
export interface TarTraits {
  readonly format: 'tar' | 'opengauss';
  /** Content of the member `PG_VERSION`; undefined when there is none. */
  readonly versionFile: string | undefined;
  /** Content of `backup_label`, where it is known. */
  readonly label?: Uint8Array | undefined;
}

/**
 * Which family an archived data directory belongs to; undefined when nothing tells. The format of its own is proof; in a
 * standard tar PG_VERSION says 9.2 for the whole openGauss family, and the major release for PostgreSQL, whose labels from
 * 11 on have a line that no other has.
 */
export function familyOfTar({ format, versionFile, label }: TarTraits): ServerFamily | undefined {
  if (format === 'opengauss') return 'opengauss';
  const release = /^(\d{1,3})(\.\d+)?\n?$/.exec(versionFile ?? '');
  if (release?.[0].trimEnd() === '9.2') return 'opengauss';
  return Number(release?.[1]) >= 10 || statesTimeline(label) ? 'postgresql' : undefined;
}
