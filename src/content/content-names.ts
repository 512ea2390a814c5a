import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { restoreRulesOf } from '../server/restore-rules.ts';
import { staysInside } from '../tar/link-target.ts';
import type { MemberHeader } from '../tar/member.ts';
import { noteLimit, notedFiles } from './backup-identity.ts';
import { NameSet } from './name-set.ts';

/** Where members of an archive belong. */
export interface ContentPart {
  /** The tablespace; undefined: the data directory. */
  readonly oid: number | undefined;
  /** What is in front of the members' names there: '' or ending in `/`. */
  readonly prefix: string;
}

type Kind = 'file' | 'directory' | 'link';

/** The WAL directory's names. A link in its place stands for a directory: its target is the source's own. */
export const walDirectories: readonly string[] = ['pg_wal', 'pg_xlog'];
/** Where a server needs a directory, whatever is in it. */
export const serverDirectories: ReadonlySet<string> = new Set([
  'base',
  'global',
  ...walDirectories,
  ...(['postgresql', 'opengauss'] as const).flatMap((family) => restoreRulesOf(family).mayBeEmpty),
]);
/** Without one of these no server starts. */
export const serverFiles = ['PG_VERSION', 'backup_label', 'global/pg_control'] as const;

/**
 * Judges each name of a backup in archives, across all of them: what could not be put into one directory, or must not be. Both restore and verify
 * ask it of every member, so that neither accepts what the other refuses. Looks at headers only.
 * Memory: of files a hash (`NameSet`: 18 to 54 bytes each), of directories and links their names, some 200 bytes each.
 */
export class ContentNames {
  readonly #files = new NameSet();
  /** Of what is no file. */
  readonly #others = new Map<string, Exclude<Kind, 'file'>>();
  readonly #targets = new Map<string, ByteString>();
  /** Directory of the last name, known to be one: names come in the order of their directories. */
  #lastParent = '';

  /** @throws BackupError `CORRUPT` for a member that a restore cannot take; `finish` and other members can be asked still */
  member({ oid, prefix }: ContentPart, header: MemberHeader): void {
    const name = (prefix + header.name) as ByteString;
    const inBase = oid === undefined;
    const kind = kindOf(header, name, inBase);
    if (inBase) this.#requireKind(name, kind, header);
    this.#place(inBase ? '' : `${oid}\0`, name, kind, header.linkName);
  }

  /** The link of a tablespace, which a restore makes by itself. @throws BackupError `CORRUPT` when something else is in its place */
  tablespaceLink(oid: number): void {
    const name = `pg_tblspc/${oid}`;
    const there = this.#kindAt(name);
    if (there === undefined) this.#others.set(name, 'link');
    else if (there !== 'link') throw twice(name as ByteString);
  }

  /** Whether a directory of the data directory came, or anything in it. */
  hasDirectory(name: string): boolean {
    return this.#others.get(name) === 'directory';
  }

  /** What a server needs and no archive held. */
  missing(): readonly (typeof serverFiles)[number][] {
    return serverFiles.filter((name) => !this.#files.has(name));
  }

  #requireKind(name: ByteString, kind: Kind, { size }: MemberHeader): void {
    const shown = { member: display(name) };
    if (notedFiles.includes(name)) {
      if (kind !== 'file') throw refused(say('content.not-a-file', { ...shown, type: kind }));
      if (size > noteLimit) {
        throw new BackupError('CORRUPT', say('restore.note-too-large', { name: display(name), limit: noteLimit }));
      }
    }
    if (serverDirectories.has(name) && kind !== 'directory') {
      throw refused(say('content.not-a-directory', { ...shown, type: kind }));
    }
  }

  #place(space: string, name: ByteString, kind: Kind, target: ByteString): void {
    this.#makeParents(space, name);
    const key = space + name;
    const there = this.#kindAt(key);
    if (there !== undefined) {
      // The server of openGauss sends directories and the link of its WAL directory twice.
      const isSame = there === kind && (kind === 'directory' || (kind === 'link' && this.#isSameLink(key, target)));
      if (!isSame) throw twice(name);
    }
    if (kind === 'file') this.#files.add(key);
    else this.#others.set(key, kind);
    if (kind === 'link') this.#targets.set(key, target);
  }

  #kindAt(key: string): Kind | undefined {
    return this.#others.get(key) ?? (this.#files.has(key) ? 'file' : undefined);
  }

  #isSameLink(key: string, target: ByteString): boolean {
    const known = this.#targets.get(key);
    return known === undefined || known === target;
  }

  #makeParents(space: string, name: ByteString): void {
    const parent = space + name.slice(0, Math.max(0, name.lastIndexOf('/')));
    if (parent === space || parent === this.#lastParent) return;
    for (let slash = name.indexOf('/'); slash !== -1; slash = name.indexOf('/', slash + 1)) {
      const path = name.slice(0, slash) as ByteString;
      const there = this.#kindAt(space + path);
      if (there === undefined) this.#others.set(space + path, 'directory');
      if (there === undefined || there === 'directory') continue;
      if (there === 'link' && !isTablespaceLink(path))
        throw refused(say('files.through-link', { path: display(path) }));
      throw twice(path);
    }
    this.#lastParent = parent;
  }
}

/** What a restore makes of a member. */
function kindOf({ type, linkName }: MemberHeader, name: ByteString, inBase: boolean): Kind {
  switch (type) {
    case 'file':
    case 'directory':
      return type;
    case 'symlink':
    case 'relativeSymlink':
      if (inBase && walDirectories.includes(name)) return 'directory';
      if (inBase && isTablespaceLink(name)) return 'link';
      if (type === 'symlink' && staysInside(name, linkName)) return 'link';
      throw refused(say('unpack.link-outside', { member: display(name), target: display(linkName) }));
    case 'hardlink':
    case 'other':
      throw refused(
        say('unpack.member-type', {
          member: display(name),
          type: say(type === 'other' ? 'files.type.special' : 'files.type.hardlink'),
        }),
      );
  }
}

/** Links of tablespaces are made from the plan of a restore, not from the archive. */
export function isTablespaceLink(name: ByteString): boolean {
  return /^pg_tblspc\/\d+$/.test(name);
}

function twice(name: ByteString): BackupError {
  return new BackupError('CORRUPT', say('restore.twice', { name: display(name) }));
}

function refused(sentence: Message): BackupError {
  return new BackupError('CORRUPT', sentence, { hint: say('unpack.hostile.hint') });
}
