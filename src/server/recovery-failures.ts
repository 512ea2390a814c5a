import type { ErrorCode } from '../errors/codes.ts';

/** What servers say when a recovery goes wrong. `key` names the sentences `recovery-failure.KEY` and `….hint`. */
interface FailurePattern {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly key: FailureKey;
}

export type FailureKey =
  | 'parameter'
  | 'several-targets'
  | 'no-command'
  | 'old-file'
  | 'not-reached'
  | 'too-early'
  | 'wal-ends'
  | 'checkpoint'
  | 'wrong-size'
  | 'command'
  | 'timeline'
  | 'smaller-host'
  | 'minimal-wal'
  | 'permissions'
  | 'socket-directory'
  | 'incompatible'
  | 'port'
  | 'running'
  | 'double-write'
  | 'invalid-pages'
  | 'space'
  | 'setting'
  | 'root';

/** The first that fits counts. Source: the servers' own texts, PostgreSQL 10 to 18 and openGauss 1.0 to 6.0; `test/fixtures/opengauss/pitr/outcomes.md`. */
export const recoveryFailures: readonly FailurePattern[] = [
  {
    key: 'parameter',
    code: 'CONFIG_INVALID',
    pattern:
      /^unrecognized recovery parameter|^invalid (?:input syntax for|value for parameter "?recovery_target|recovery_target)|^recovery_target_\w+ is (?:not a valid|too long)|^parameter "\w+" requires a Boolean value|^syntax error in file ".*recovery\.conf"/,
  },
  { key: 'several-targets', code: 'CONFIG_INVALID', pattern: /^multiple recovery targets specified/ },
  {
    key: 'no-command',
    code: 'CONFIG_INVALID',
    pattern: /must specify (?:"?restore_command"?|primary_conninfo nor restore_command)/,
  },
  {
    key: 'old-file',
    code: 'CONFIG_INVALID',
    pattern: /^using recovery command file "recovery\.conf" is not supported/,
  },
  {
    key: 'not-reached',
    code: 'TARGET_UNREACHABLE',
    pattern: /^recovery ended before configured recovery target was reached/,
  },
  {
    key: 'too-early',
    code: 'TARGET_UNREACHABLE',
    pattern:
      /^requested recovery stop point is before consistent recovery point|^truncate xlog LSN is before consistent recovery point/,
  },
  {
    key: 'wal-ends',
    code: 'WAL_MISSING',
    pattern: /^WAL ends before (?:end of online backup|consistent recovery point)/,
  },
  {
    key: 'checkpoint',
    code: 'WAL_MISSING',
    pattern:
      /could not (?:locate|find) (?:a valid|required|redo location)|^invalid (?:primary |secondary )?checkpoint (?:record|link)|^could not open file "pg_(?:wal|xlog)\/.*No such file or directory/,
  },
  { key: 'wrong-size', code: 'CORRUPT', pattern: /^archive file ".*" has wrong size/ },
  {
    key: 'command',
    code: 'STORAGE_UNAVAILABLE',
    pattern: /^could not restore file ".*" from archive|^recovery_end_command ".*" failed|^restore_command failed/,
  },
  {
    key: 'timeline',
    code: 'WAL_MISSING',
    pattern:
      /^recovery target timeline \d+ does not exist|^requested timeline \d+ (?:is not a child|does not contain)|^unexpected timeline ID/,
  },
  {
    key: 'smaller-host',
    code: 'CONFIG_INVALID',
    pattern: /^hot standby is not possible because|^recovery aborted because of insufficient parameter settings/,
  },
  { key: 'minimal-wal', code: 'WAL_MISSING', pattern: /^WAL was generated with "?wal_level/ },
  {
    // Debian's servers are built for a socket directory of the account postgres.
    key: 'socket-directory',
    code: 'CONFIG_INVALID',
    pattern: /^could not create lock file ".*\/\.s\.PGSQL\.\d+\.lock": (?:Permission denied|No such file or directory)/,
  },
  {
    key: 'permissions',
    code: 'CONFIG_INVALID',
    pattern:
      /^data directory ".*" has (?:group or world access|invalid permissions|wrong ownership)|^could not (?:open|create|access|read) .*: Permission denied/,
  },
  {
    key: 'incompatible',
    code: 'SYSTEM_MISMATCH',
    pattern: /^database files are incompatible with server|^the database cluster was initialized with/,
  },
  {
    key: 'port',
    code: 'CONFIG_INVALID',
    pattern: /^could not (?:bind|create any (?:TCP\/IP|Unix-domain)|create lock file "\/)|Address already in use/,
  },
  { key: 'running', code: 'LOCKED', pattern: /^lock file ".*" already exists|^pre-existing shared memory block/ },
  { key: 'double-write', code: 'CORRUPT', pattern: /(?:batch|single) flush DW file does not exist/i },
  { key: 'invalid-pages', code: 'CORRUPT', pattern: /^WAL contains references to invalid pages/ },
  { key: 'space', code: 'STORAGE_UNAVAILABLE', pattern: /No space left on device|Disk quota exceeded/ },
  { key: 'root', code: 'CONFIG_INVALID', pattern: /^"root" execution of the \w+ server is not permitted/ },
  {
    key: 'setting',
    code: 'CONFIG_INVALID',
    pattern:
      /^configuration file ".*" contains errors|^unrecognized configuration parameter|^could not load server certificate file/,
  },
];
