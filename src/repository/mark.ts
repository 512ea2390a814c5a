import { encodeSealed } from '../storage/sealed-json.ts';
import { Members } from './members.ts';
import { isId } from './names.ts';

/** What somebody says about a backup later. */
export type MarkWord =
  /** Retention leaves it alone until then, ISO 8601 in UTC; undefined: for ever. */
  | { readonly kind: 'pin'; readonly until: string | undefined }
  | { readonly kind: 'note' }
  /** Known bad: kept, never chosen by itself. */
  | { readonly kind: 'condemn' }
  /** Makes other marks void, by their ids. */
  | { readonly kind: 'lift'; readonly lifts: readonly string[] };

/** A mark. Format: docs/design/repository.md, small objects. */
export type Mark = MarkWord & {
  readonly id: string;
  readonly backup: string;
  /** The note itself, or why: for people. */
  readonly text: string | undefined;
  /** Account and host, for people. */
  readonly by: string;
  /** ISO 8601 in UTC, by the clock of that host. */
  readonly at: string;
};

export const marksFolder = 'marks/';

export function markObject({ backup, id }: Pick<Mark, 'backup' | 'id'>): string {
  return `${marksFolder}${backup}/${id}.json`;
}

/** Of which backup a mark of that name is, and its id. */
export function parseMarkName(name: string): Pick<Mark, 'backup' | 'id'> | undefined {
  const [, backup, id] = /^marks\/([^/]+)\/([^/]+)\.json$/.exec(name) ?? [];
  return isId(backup) && isId(id) ? { backup, id } : undefined;
}

export function encodeMark(mark: Mark): Buffer {
  const { kind, backup, text = null, by, at } = mark;
  const until = mark.kind === 'pin' ? (mark.until ?? null) : null;
  return encodeSealed({
    format: 1,
    backup,
    kind,
    text,
    by,
    until,
    at,
    ...(kind === 'lift' ? { lifts: mark.lifts } : {}),
  });
}

/** @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export function decodeMark(bytes: Uint8Array, { backup, id }: Pick<Mark, 'backup' | 'id'>): Mark {
  const members = Members.of(bytes, markObject({ backup, id }));
  if (members.id('backup') !== backup) members.refuse();
  const kind = members.oneOf('kind', ['pin', 'note', 'condemn', 'lift']);
  const common = { backup, id, text: members.textOrNull('text'), by: members.text('by'), at: members.time('at') };
  if (kind === 'pin') return { kind, until: members.timeOrNull('until'), ...common };
  if (kind === 'lift')
    return { kind, lifts: members.list('lifts', (value) => (isId(value) ? value : undefined)), ...common };
  return { kind, ...common };
}
