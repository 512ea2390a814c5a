'use strict';
/**
 * The import table of ARCHITECTURE.md. A folder may import itself and the folders listed here; nothing else.
 * Unit tests beside the files may read more: they build what they need from any folder, test/support and test/fixtures.
 */
const pure = ['bytes', 'errors', 'messages'];
const operations = [
  'backup',
  'archiving',
  'restore',
  'verify',
  'follow-recovery',
  'unpack',
  'wal-receiver',
  'doctor',
  'expire',
];
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
  'checks',
  'packs',
  'repository',
  'retention',
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
  checks: [...pure, 'server'],
  replication: [...pure, 'connection', 'protocol', 'server', 'tar', 'wal'],
  storage: [...pure, 'files'],
  sealed: [...pure, 'storage', 'threads'],
  'wal-archive': [...pure, 'storage', 'wal', 'compression', 'server', 'manifest', 'tar'],
  packs: [...pure, 'storage', 'compression', 'threads'],
  repository: [...pure, 'files', 'storage', 'wal-archive', 'sealed', 'packs', 'wal', 'retention'],
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
  retention: pure,
  content: [...pure, 'wal', 'tar', 'server', 'wal-archive', 'files', 'manifest'],
  'backup-source': [
    ...pure,
    'files',
    'storage',
    'packs',
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
  verify: [...operationImports, 'packs', 'repository'],
  // A restore must work when the database is dead: nothing there can open a connection.
  restore: operationImports.filter((name) => !['connection', 'replication', 'protocol'].includes(name)),
  // Removes what retention lets go, the WAL by the cleanup of the archive.
  expire: [...operationImports, 'archiving'],
  // An operation on top of two others: it hands the engine a place for what comes, and the archive the WAL.
  storing: [...operationImports, 'backup', 'archiving', 'packs', 'repository'],
  // The way back: tars as the engine writes them, directories as a restore plans and fills them, WAL as the archive delivers it.
  exporting: [...operationImports, 'backup', 'restore', 'archiving', 'packs', 'repository'],
  // A standalone WAL archive into a repository, whose own is made as for a backup.
  adopting: [...operationImports, 'storing'],
  // Backups and WAL of one repository into another: archives compared as for an adoption, their WAL looked at as `verify` does before a backup counts.
  copying: [...operationImports, 'adopting', 'storing', 'verify'],
  // What a repository takes and what is wrong with its form. Writes nothing.
  inspecting: operationImports,
  // Of `storage` the names of places only.
  config: ['storage', 'errors', 'messages'],
  cli: ['config', 'errors', 'messages'],
};
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans-in-index',
      severity: 'error',
      from: { pathNot: '^src/(cli/|index\\.ts)' },
      to: { path: '^src/(index|wal-archive|repository-wal)\\.ts$' },
    },
    {
      name: 'no-dev-dependency',
      severity: 'error',
      from: { path: '^src', pathNot: '\\.test\\.ts$' },
      // Bundled into dist/ by the build: whoever installs the package needs none of these.
      to: {
        dependencyTypes: ['npm-dev'],
        pathNot: 'node_modules/(?:aws4|@aws-sdk/(?:xml-builder|credential-provider-(?:env|ini|node)))/',
      },
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
          ...(folder === 'cli' ? ['^src/(index|wal-archive|repository-wal|version)\\.ts$'] : []),
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
