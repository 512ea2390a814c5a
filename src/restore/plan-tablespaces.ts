import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { joinPath } from '../files/path.ts';
import { say } from '../messages/message.ts';
import { relativeLocation } from '../content/backup-identity.ts';
import type { TargetFacts } from './facts.ts';
import { cutInArchive } from '../content/cut-tablespaces.ts';
import type { SourceFacts, SourceTablespace } from '../backup-source/source-facts.ts';
import type { RestoreRequest, TablespaceTarget } from './request.ts';

/** A tablespace and where it goes. */
export interface PlacedTablespace {
  readonly oid: number;
  /** Where it was; undefined for one in place. */
  readonly location: ByteString | undefined;
  /** Absolute. */
  readonly directory: ByteString;
  /** Path below the data directory, of one that is inside of it. */
  readonly isInside: boolean;
  readonly inside: ByteString | undefined;
  /** Target of the link pg_tblspc/OID; undefined for one in place, which has none. */
  readonly link: ByteString | undefined;
  /** Whether the user named the place. */
  readonly isMapped: boolean;
}

/**
 * Decides where each tablespace goes: where a mapping says; inside the new directory if it was inside the old one; where
 * the directory that a delta restore updates has it; else to its own absolute path.
 * @throws BackupError `USAGE` for a tablespace that two mappings name; `CORRUPT` for a location that is no absolute path
 */
export function planTablespaces(
  request: RestoreRequest,
  source: SourceFacts,
  target: Pick<TargetFacts, 'path' | 'links'>,
): PlacedTablespace[] {
  const mappings = request.tablespaces ?? [];
  const placed = source.tablespaces.map((tablespace): PlacedTablespace => {
    const { oid, location, inside, cut } = tablespace;
    if (location !== undefined && !location.startsWith('/')) {
      throw new BackupError('CORRUPT', say('restore.location-relative', { oid, path: display(location) }));
    }
    const fitting = mappings.filter(({ from }) => isMeant(from, tablespace, source));
    if (fitting.length > 1) throw new BackupError('USAGE', say('restore.mapped-twice', { oid }));
    const outside =
      fitting[0]?.to ?? (inside === undefined && (location ?? cut) !== undefined ? allIn(request, oid) : undefined);
    if (outside !== undefined) {
      const directory = fromText(outside);
      return { oid, location, directory, isInside: false, inside: undefined, link: directory, isMapped: true };
    }
    if (cut !== undefined) throw cutInArchive(oid, cut.linkName, cut.archive);
    const below = inside ?? (location === undefined ? (`pg_tblspc/${oid}` as ByteString) : undefined);
    if (below !== undefined) {
      const directory = joinPath(target.path, below);
      const isInPlace = below === `pg_tblspc/${oid}`;
      return {
        oid,
        location,
        directory,
        isInside: true,
        inside: below,
        link: isInPlace ? undefined : directory,
        isMapped: false,
      };
    }
    const kept = request.delta === true ? target.links.find((link) => link.oid === oid)?.real : undefined;
    const directory = kept ?? location ?? joinPath(target.path, `pg_tblspc/${oid}`);
    return { oid, location, directory, isInside: false, inside: undefined, link: directory, isMapped: false };
  });
  return placed;
}

/** Mappings that name no tablespace of the backup: no error (manual: `-T`), but worth a word. */
export function unusedMappings(
  { tablespaces = [] }: Pick<RestoreRequest, 'tablespaces'>,
  source: SourceFacts,
): string[] {
  const isUsed = ({ from }: TablespaceTarget): boolean => source.tablespaces.some((one) => isMeant(from, one, source));
  return tablespaces
    .filter((mapping) => !isUsed(mapping))
    .map(({ from }) => ('oid' in from ? String(from.oid) : from.directory));
}

/** By its oid, where the backup has it, or where the server had it: of one at a relative location only its end is known. */
function isMeant(
  from: TablespaceTarget['from'],
  { oid, location, linkTarget, original, inside }: SourceTablespace,
  { rules }: Pick<SourceFacts, 'rules'>,
): boolean {
  if ('oid' in from) return from.oid === oid;
  const wanted = withoutSlash(fromText(from.directory));
  if (inside !== undefined && relativeLocation(wanted, rules) === inside) return true;
  return [location, linkTarget, original].some((path) => path !== undefined && withoutSlash(path) === wanted);
}

function allIn({ allTablespaces }: RestoreRequest, oid: number): string | undefined {
  return allTablespaces === undefined ? undefined : `${allTablespaces.replace(/\/+$/, '')}/${oid}`;
}

function withoutSlash(path: ByteString): ByteString {
  return path.replace(/(.)\/+$/, '$1') as ByteString;
}
