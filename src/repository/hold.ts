import { encodeSealed } from '../storage/sealed-json.ts';
import type { Lsn } from '../wal/lsn.ts';
import { formatLsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import { Members } from './members.ts';
import { isId } from './names.ts';

/** Where the WAL begins that a backup under way needs. */
export interface HeldPosition {
  readonly timeline: TimelineId;
  readonly generation: number;
  readonly startLsn: Lsn;
}

/** What a run needs. */
export interface HeldThings {
  /** `expire` needs nothing: it tells the time. `copy` counts until its backup is committed, taken off or fenced, however old it is. */
  readonly kind: 'backup' | 'restore' | 'verify' | 'expire' | 'copy';
  /** Id: of a backup under way its own; of a reader that of what it reads; of `expire` a new one. */
  readonly backup: string;
  /** Id of the backup that a new one is compared with. */
  readonly prior: string | undefined;
  /** Of kind `copy`: ids of the backups that wrote the packs which it needs besides its own; `any`: too many to name them. */
  readonly owners?: readonly string[] | 'any' | undefined;
}

/** A renewal of a hold. Format: docs/design/repository.md, small objects. */
export interface Hold extends HeldThings {
  /** Id of the run; of kind `copy` that of the repository which the backup comes from. */
  readonly run: string;
  readonly host: string;
  readonly pid: number;
  /** ISO 8601 in UTC, by the clock of that host, of this renewal. */
  readonly at: string;
  /** Of kind `backup`, as soon as it is known; of kind `copy` always. */
  readonly position: HeldPosition | undefined;
}

export const holdsFolder = 'holds/';

/** @param renewal 0, 1, 2 … */
export function holdObject({ backup, run }: Pick<Hold, 'backup' | 'run'>, renewal: number): string {
  return `${holdsFolder}${backup}/${run}/${renewal.toString().padStart(6, '0')}.json`;
}

/** Of which run and backup a renewal of that name is, and which one. */
export function parseHoldName(name: string): (Pick<Hold, 'backup' | 'run'> & { readonly renewal: number }) | undefined {
  const [, backup, run, renewal] = /^holds\/([^/]+)\/([^/]+)\/([0-9]{6})\.json$/.exec(name) ?? [];
  return renewal !== undefined && isId(backup) && isId(run) ? { backup, run, renewal: Number(renewal) } : undefined;
}

export function encodeHold({ kind, backup, prior, host, pid, at, position, owners }: Hold): Buffer {
  const { timeline = null, generation = null } = position ?? {};
  const startLsn = position === undefined ? null : formatLsn(position.startLsn);
  const common = { format: 1, kind, backup, prior: prior ?? null, host, pid, at, timeline, generation, startLsn };
  return encodeSealed(kind === 'copy' ? { ...common, owners: owners === 'any' ? null : (owners ?? []) } : common);
}

/** @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export function decodeHold(bytes: Uint8Array, name: string, { backup, run }: Pick<Hold, 'backup' | 'run'>): Hold {
  const members = Members.of(bytes, name);
  if (members.id('backup') !== backup) members.refuse();
  const kind = members.oneOf('kind', ['backup', 'restore', 'verify', 'expire', 'copy']);
  return {
    run,
    backup,
    kind,
    owners: kind === 'copy' ? heldOwners(members) : undefined,
    prior: members.idOrNull('prior'),
    host: members.text('host'),
    pid: members.count('pid'),
    at: members.time('at'),
    position: heldPosition(members),
  };
}

function heldOwners(members: Members): readonly string[] | 'any' {
  return members.isNull('owners') ? 'any' : members.list('owners', (value) => (isId(value) ? value : undefined));
}

function heldPosition(members: Members): HeldPosition | undefined {
  if (members.isNull('startLsn')) return undefined;
  const [timeline, generation] = [members.timeline('timeline'), members.count('generation')];
  return { timeline, generation, startLsn: members.position('startLsn') };
}
