import { encodeSealed } from '../storage/sealed-json.ts';
import { Members } from './members.ts';

/** What somebody says about a backup later. */
export type MarkWord =
  /** Retention leaves it alone until `until`, or for ever. */
  | { readonly kind: 'pin'; readonly until: string | undefined }
  | { readonly kind: 'unpin' }
  | { readonly kind: 'note' }
  /** Known bad: kept, never chosen by itself. */
  | { readonly kind: 'condemn' }
  | { readonly kind: 'absolve' };

/** A mark. Format: docs/design/repository.md, layout. */
export type Mark = MarkWord & {
  readonly backup: string;
  /** The note itself, or why: for people. */
  readonly text: string | undefined;
  /** Account and host, for people. */
  readonly by: string;
  /** ISO 8601 in UTC, by the clock of that host. */
  readonly at: string;
};

export function marksFolder(backup: string): string {
  return `marks/${backup}/`;
}

export function encodeMark(mark: Mark): Buffer {
  const { kind, backup, text, by, at } = mark;
  const until = mark.kind === 'pin' ? (mark.until ?? null) : null;
  return encodeSealed({ format: 1, kind, backup, until, text: text ?? null, by, at });
}

/** @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export function decodeMark(bytes: Uint8Array, name: string, backup: string): Mark {
  const members = Members.of(bytes, name);
  if (members.text('backup') !== backup) members.refuse();
  const kind = members.oneOf('kind', ['pin', 'unpin', 'note', 'condemn', 'absolve']);
  const common = { backup, text: members.textOrNull('text'), by: members.text('by'), at: members.time('at') };
  return kind === 'pin' ? { kind, until: members.timeOrNull('until'), ...common } : { kind, ...common };
}
