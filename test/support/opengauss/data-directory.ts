import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fixtureRoot } from './recordings.ts';
import type { TestTablespace } from './state.ts';

export interface DataDirectoryOptions {
  /** pg_xlog as a link to a directory outside. */
  readonly xlogLink?: boolean;
  /** Default both. */
  readonly tablespaces?: readonly ('relative' | 'absolute')[];
  /** A sparse file above the 8 GiB that a member can announce. */
  readonly tooLarge?: boolean;
  /** So many extra files of one page. */
  readonly extraFiles?: number;
}

export interface TestDataDirectory {
  readonly path: string;
  readonly tablespaces: readonly TestTablespace[];
  /** A path of more than 120 bytes, relative to the directory. */
  readonly longPath: string;
  /** Bytes of a name that is not UTF-8, relative to the directory. */
  readonly oddName: Buffer;
  readonly tooLargePath: string;
}

const node = 'n1';
const catalog = `PG_9.2_201611171_${node}`;

/** What a real directory holds and must not, or need not, be in a backup: by path. */
export const unsentPaths: readonly string[] = [
  'global/pg_dw',
  'global/pg_dw_0',
  'global/pg_dw_single',
  'global/pg_dw_meta',
  'global/config_exec_params',
  'gaussdb.state',
  'postmaster.pid',
  'postmaster.opts',
  'gs_build.pid',
  'pg_log/postgresql-2026.log',
  'base/16412/pgsql_tmp/t1',
  'delay_xlog_recycle',
];

/** Sent only to a client with the right application_name. */
export const configurationPaths: readonly string[] = [
  'postgresql.conf',
  'postgresql.conf.lock',
  'postgresql.conf.guc.bak',
  'pg_ctl.lock',
  'server.crt',
  'server.key',
  'cacert.pem',
];

function recorded(name: string): Buffer {
  return gunzipSync(readFileSync(join(fixtureRoot, name)));
}

/** A page of zeros and a counter: what stands in for relations that no fixture has. */
function pages(count: number, seed: number): Buffer {
  return Buffer.alloc(count * 8192, seed);
}

/**
 * Builds a small openGauss data directory: control file, relations, undo and column-store files from the recordings,
 * tablespaces of both kinds, names that are hard, and files that must stay behind.
 * @param path a directory that does not exist yet; tablespaces go beside it
 */
export function makeDataDirectory(path: string, options: DataDirectoryOptions = {}): TestDataDirectory {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const root = realpathSync(path);
  const put = (name: string, content: Buffer | string, mode = 0o600): void => {
    mkdirSync(dirname(join(root, name)), { recursive: true, mode: 0o700 });
    writeFileSync(join(root, name), content, { mode });
  };
  for (const name of [
    'pg_errorinfo',
    'pg_replslot',
    'pg_stat_tmp',
    'pg_twophase',
    'pg_tblspc',
    'asp_data/n1',
    'empty',
  ]) {
    mkdirSync(join(root, name), { recursive: true, mode: 0o700 });
  }
  for (const line of readFileSync(join(fixtureRoot, 'pages/index.tsv'), 'utf8').split('\n').slice(1)) {
    const [file, source] = line.split('\t');
    if (file && source) put(source, recorded(`pages/${file}`));
  }
  put('PG_VERSION', '9.2\n');
  put('global/pg_control', recorded('pgdata/pg_control.gz'));
  put('global/pg_control.backup', recorded('pgdata/pg_control.gz'));
  put('postgresql.conf', readFileSync(join(fixtureRoot, 'pgdata/postgresql.conf.initdb-default')));
  put('pg_hba.conf', readFileSync(join(fixtureRoot, 'pgdata/pg_hba.conf.used')));
  put('base/16412/16500', pages(3, 7));
  put('base/16412/16500.1', pages(1, 8));
  put('pg_notify/000000000000', pages(1, 0));
  put('gswlm_userinfo.cfg', Buffer.alloc(70_001, 'w'));
  put('one-byte', 'x');
  put('gs_secure_files/key', 'secret', 0o400);
  const longPath = `base/16412/${'long'.repeat(20)}/${'name'.repeat(15)}/file`;
  put(longPath, 'a long way down');
  const oddName = Buffer.concat([Buffer.from('empty/odd-'), Buffer.from([0xff, 0xfe, 0xe9])]);
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), oddName]), 'not UTF-8', { mode: 0o600 });
  for (const name of unsentPaths) put(name, `must stay behind: ${name}`);
  for (const name of configurationPaths) if (name !== 'postgresql.conf') put(name, `only for gs_basebackup: ${name}`);
  for (let extra = 0; extra < (options.extraFiles ?? 0); extra += 1)
    put(`base/1/${20_000 + extra}`, pages(1, extra % 251));
  const tooLargePath = 'base/16412/99999';
  if (options.tooLarge) {
    const handle = openSync(join(root, tooLargePath), 'w', 0o600);
    ftruncateSync(handle, 8 ** 11);
    closeSync(handle);
  }
  if (options.xlogLink) {
    mkdirSync(`${root}.xlog/archive_status`, { recursive: true, mode: 0o700 });
    symlinkSync(`${root}.xlog`, join(root, 'pg_xlog'));
  } else {
    put('pg_xlog/000000010000000000000004', 'WAL of the source is not copied from here');
    mkdirSync(join(root, 'pg_xlog/archive_status'), { mode: 0o700 });
  }
  const tablespaces = makeTablespaces(root, options.tablespaces ?? ['relative', 'absolute']);
  return { path: root, tablespaces, longPath, oddName, tooLargePath };
}

function makeTablespaces(root: string, kinds: readonly ('relative' | 'absolute')[]): TestTablespace[] {
  return kinds.map((kind) => {
    const relative = 'pg_location/x/y';
    const path = kind === 'relative' ? join(root, relative) : `${root}.ts_abs`;
    const files = join(path, catalog, '16412');
    mkdirSync(files, { recursive: true, mode: 0o700 });
    mkdirSync(join(path, 'PG_9.2_201611171_other'), { mode: 0o700 });
    const oid = kind === 'relative' ? 16421 : 16422;
    writeFileSync(join(files, String(oid + 2)), pages(3, oid % 251), { mode: 0o600 });
    writeFileSync(join(files, `${oid + 2}_vm`), pages(1, oid % 250), { mode: 0o600 });
    writeFileSync(join(files, String(oid + 5)), '', { mode: 0o600 });
    symlinkSync(path, join(root, 'pg_tblspc', String(oid)));
    return { oid, path, ...(kind === 'relative' ? { relative } : {}) };
  });
}
