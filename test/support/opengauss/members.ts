import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, type Stats } from 'node:fs';

/** What a base backup sends of one directory: a header, then its content and padding. */
export type Piece =
  | { readonly kind: 'header'; readonly member: string; readonly bytes: Buffer }
  | {
      readonly kind: 'data';
      readonly member: string;
      readonly bytes: Buffer;
      readonly offset: number;
      readonly size: number;
    }
  | { readonly kind: 'padding'; readonly bytes: Buffer }
  | { readonly kind: 'too-large'; readonly member: string }
  | { readonly kind: 'special'; readonly member: string };

export interface WalkOptions {
  readonly applicationName: string;
  /** 1.0 … 6.0 */
  readonly release: number;
  readonly logDirectory: string;
  readonly slots: ReadonlySet<string>;
  readonly tablespaceMap: boolean;
  readonly mot: boolean;
  /** TLS files named in the configuration, relative to the data directory. */
  readonly tlsFiles: readonly string[];
}

const headerBytes = 2560;
const blockBytes = 8192;
const chunkBytes = 32 * 1024;
const maxMemberBytes = 8 ** 11 - 1;

type MemberType = '0' | '5' | '2' | '3';

/** Octal digits, zero-filled; bytes above 33 bits do not fit and must not get here. */
function octal(value: number, digits: number): Buffer {
  return Buffer.from(value.toString(8).padStart(digits, '0'), 'latin1');
}

/** A member header of 2560 bytes: name 1024, mode 8, 16 zero, size 11, 21 zero, type 1, link 1024, zero to the end. */
export function memberHeader(member: {
  readonly name: Buffer;
  readonly mode: number;
  readonly size: number;
  readonly type: MemberType;
  readonly link?: Buffer;
}): Buffer {
  const header = Buffer.alloc(headerBytes);
  member.name.copy(header, 0, 0, 1023);
  Buffer.concat([octal(member.mode, 7), Buffer.from(' ')]).copy(header, 1024);
  octal(member.size, 11).copy(header, 1048);
  header.write(member.type, 1080, 'latin1');
  member.link?.copy(header, 1081, 0, 1023);
  return header;
}

function padding(size: number): Piece[] {
  const missing = (512 - (size % 512)) % 512;
  return missing === 0 ? [] : [{ kind: 'padding', bytes: Buffer.alloc(missing) }];
}

/** A member made of bytes in memory: backup_label, tablespace_map, WAL. */
export function* memberOf(name: string, mode: number, content: Buffer): Generator<Piece> {
  const bytes = memberHeader({ name: Buffer.from(name), mode, size: content.length, type: '0' });
  yield { kind: 'header', member: name, bytes };
  // An empty content is still one CopyData of length zero.
  for (let offset = 0; offset === 0 || offset < content.length; offset += chunkBytes) {
    yield {
      kind: 'data',
      member: name,
      bytes: content.subarray(offset, offset + chunkBytes),
      offset,
      size: content.length,
    };
  }
  yield* padding(content.length);
}

const neverSent = new Set([
  'global/pg_control',
  'global/config_exec_params',
  'gaussdb.state',
  'gs_build.pid',
  'disc_readonly_test',
  'full_upgrade_bak',
  'pg_location',
  'delay_xlog_recycle',
  'delay_ddl_recycle',
  'postmaster.pid',
  'postmaster.opts',
]);

/** Sent only to a client that calls itself gs_basebackup. */
const configuration = new Set([
  'pg_ctl.lock',
  'postgresql.conf.lock',
  'postgresql.conf.bak',
  'postgresql.conf',
  'postgresql.conf.guc.bak',
  'postgresql.conf.bak.old',
  'client.crt',
  'client.key',
]);

function excluded(path: string, base: string, options: WalkOptions): boolean {
  if (base === options.logDirectory || base.startsWith('pgsql_tmp')) return true;
  if (base === 'backup_label' || base === 'disable_conn_file') return true;
  if (neverSent.has(path) || path.startsWith('pg_rewind_bak') || path.startsWith('pg_rewind_filemap')) return true;
  if (options.release >= 3 && (path.startsWith('global/pg_dw') || path === 'gs_gazelle.conf')) return true;
  if (path === 'global/pg_dw' || path === 'global/pg_dw.build') return true;
  if (options.tablespaceMap && path === 'tablespace_map') return true;
  if (options.mot && (path === 'mot.ctrl' || path.startsWith('chkpt_'))) return true;
  if (path.startsWith('pg_replslot/') && options.slots.has(path.slice('pg_replslot/'.length))) return true;
  const asTool = options.applicationName === 'gs_basebackup';
  return !asTool && (configuration.has(path) || options.tlsFiles.includes(path));
}

function join(parent: Buffer, name: Buffer): Buffer {
  return parent.length === 0 ? name : Buffer.concat([parent, Buffer.from('/'), name]);
}

function* content(file: Buffer, member: string, stats: Stats): Generator<Piece> {
  // Relation files are cut to whole pages, other files are sent as they are.
  const relation = /(^|\/)[0-9]+(_[a-z]+)?(\.[0-9]+)?$/.test(member);
  const size = relation ? stats.size - (stats.size % blockBytes) : stats.size;
  yield {
    kind: 'header',
    member,
    bytes: memberHeader({ name: memberBytes(file), mode: stats.mode, size, type: '0' }),
  };
  const handle = openSync(rootedPath(file), 'r');
  try {
    for (let offset = 0; offset < size; offset += chunkBytes) {
      const bytes = Buffer.alloc(Math.min(chunkBytes, size - offset));
      readSync(handle, bytes, 0, bytes.length, offset);
      yield { kind: 'data', member, bytes, offset, size };
    }
  } finally {
    closeSync(handle);
  }
  yield* padding(size);
}

// A walked file carries its root and its member name in one buffer, separated by a NUL, which no path contains.
function walked(root: string, path: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${root}\0`), path]);
}
function memberBytes(file: Buffer): Buffer {
  return file.subarray(file.indexOf(0) + 1);
}
function rootedPath(file: Buffer): Buffer {
  const cut = file.indexOf(0);
  return Buffer.concat([file.subarray(0, cut), Buffer.from('/'), file.subarray(cut + 1)]);
}

function directoryHeader(path: Buffer, mode: number): Piece {
  const name = Buffer.concat([path, Buffer.from('/')]);
  return { kind: 'header', member: name.toString(), bytes: memberHeader({ name, mode, size: 0, type: '5' }) };
}

function linkHeader(root: string, path: Buffer, mode: number): Piece {
  const target = readlinkSync(Buffer.concat([Buffer.from(`${root}/`), path]), { encoding: 'buffer' });
  const inside = target.toString('latin1').startsWith(`${root}/`);
  const name = Buffer.concat([path, Buffer.from('/')]);
  const link = inside ? target.subarray(Buffer.byteLength(root) + 1) : target;
  const bytes = memberHeader({ name, mode, size: 0, type: inside ? '3' : '2', link });
  return { kind: 'header', member: name.toString(), bytes };
}

/** The link of pg_xlog is sent twice, once for it and once for archive_status: so does the server. */
function* walArea(root: string, path: Buffer, stats: Stats): Generator<Piece> {
  const archiveStatus = join(path, Buffer.from('archive_status'));
  if (stats.isSymbolicLink()) {
    yield linkHeader(root, path, stats.mode);
    yield linkHeader(root, path, stats.mode);
    return;
  }
  yield directoryHeader(path, stats.mode);
  yield directoryHeader(archiveStatus, stats.mode);
}

/** Walks a directory as the server does, below `prefix`; names are bytes. */
export function* walk(root: string, prefix: Buffer, options: WalkOptions | undefined): Generator<Piece> {
  const here = prefix.length === 0 ? Buffer.from(root) : Buffer.concat([Buffer.from(`${root}/`), prefix]);
  const names = readdirSync(here, { encoding: 'buffer' }).sort((one, other) => one.compare(other));
  for (const name of names) {
    const path = join(prefix, name);
    const text = path.toString();
    if (options && excluded(text, name.toString(), options)) continue;
    const stats = lstatSync(Buffer.concat([Buffer.from(`${root}/`), path]));
    if (options && text === 'pg_xlog') {
      yield* walArea(root, path, stats);
    } else if (options && prefix.toString() === 'pg_tblspc' && stats.isSymbolicLink()) {
      if (!options.tablespaceMap) yield linkHeader(root, path, stats.mode);
    } else if (stats.isDirectory()) {
      yield directoryHeader(path, stats.mode);
      if (!options || text !== 'pg_errorinfo') yield* walk(root, path, options);
    } else if (!stats.isFile()) {
      yield { kind: 'special', member: text };
    } else if (stats.size > maxMemberBytes) {
      yield { kind: 'too-large', member: text };
    } else {
      yield* content(walked(root, path), text, stats);
    }
  }
}

/** One file, whatever the exclusions say (pg_control at the end). */
export function* singleFile(root: string, path: string): Generator<Piece> {
  yield* content(walked(root, Buffer.from(path)), path, lstatSync(`${root}/${path}`));
}
