'use strict';
/**
 * The import table of ARCHITECTURE.md. A folder may import itself and the folders listed here; nothing else.
 * Unit tests beside the files may read more: they build what they need from any folder, test/support and test/fixtures.
 */
const pure = ['bytes', 'errors', 'messages'];
const operations = ['backup', 'archiving', 'restore', 'verify', 'follow-recovery', 'unpack', 'wal-receiver'];
const operationImports = [
  ...pure,
  'events',
  'wal',
  'compression',
  'files',
  'pages',
  'tar',
  'protocol',
  'connection',
  'server',
  'replication',
  'storage',
  'wal-archive',
  'manifest',
  'window',
  'survey',
  'backup-source',
  'pitr',
  'content',
  'incremental',
  'threads',
];
/** folder → what it may import */
const table = {
  messages: [],
  errors: ['messages'],
  bytes: ['errors', 'messages'],
  events: ['messages', 'wal'],
  wal: pure,
  compression: [...pure, 'threads'],
  files: pure,
  pages: pure,
  tar: pure,
  protocol: pure,
  connection: [...pure, 'protocol'],
  server: [...pure, 'wal'],
  replication: [...pure, 'connection', 'protocol', 'server', 'tar', 'wal'],
  storage: [...pure, 'files'],
  'wal-archive': [...pure, 'storage', 'wal', 'compression', 'server', 'manifest', 'tar'],
  manifest: [...pure, 'wal'],
  incremental: [...pure, 'wal'],
  window: [...pure, 'wal', 'manifest', 'server'],
  survey: [
    ...pure,
    'events',
    'wal',
    'compression',
    'storage',
    'wal-archive',
    'manifest',
    'server',
    'tar',
    'window',
    'threads',
  ],
  content: [...pure, 'wal', 'tar', 'server', 'wal-archive', 'files', 'manifest'],
  'backup-source': [
    ...pure,
    'files',
    'storage',
    'compression',
    'tar',
    'wal',
    'server',
    'wal-archive',
    'manifest',
    'content',
  ],
  pitr: [
    ...pure,
    'events',
    'files',
    'storage',
    'wal',
    'server',
    'wal-archive',
    'manifest',
    'window',
    'survey',
    'backup-source',
  ],
  // start-thread.ts; the *-thread.ts files are entries of worker threads and may start any operation.
  threads: pure,
  ...Object.fromEntries(operations.map((name) => [name, operationImports])),
  // A restore must work when the database is dead: nothing there can open a connection.
  restore: operationImports.filter((name) => !['connection', 'replication', 'protocol'].includes(name)),
  config: ['errors', 'messages'],
  cli: ['config', 'errors', 'messages'],
};
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans-in-index',
      severity: 'error',
      from: { pathNot: '^src/(cli/|index\\.ts)' },
      to: { path: '^src/(index|wal-archive)\\.ts$' },
    },
    {
      name: 'no-dev-dependency',
      severity: 'error',
      from: { path: '^src', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    ...Object.entries(table).map(([folder, allowed]) => ({
      name: `layer-${folder}`,
      severity: 'error',
      from: { path: `^src/${folder}/`, pathNot: folder === 'threads' ? '-thread\\.ts$' : '\\.test\\.ts$' },
      to: {
        path: '^src/',
        pathNot: [
          `^src/${folder}/`,
          ...allowed.map((name) => `^src/${name}/`),
          ...(folder === 'cli' ? ['^src/(index|wal-archive|version)\\.ts$'] : []),
        ],
      },
    })),
    {
      name: 'unknown-folder',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: Object.keys(table).map((name) => `^src/${name}/`) },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.mjs', '.cjs'] },
  },
};
