// `npm test`: builds what is stale, installs the test servers, runs the unit tests and the tests on real servers, and ends
// with one line of its own: `N passed, N failed`. `--all` runs every test on every server; `--unit` leaves the servers out;
// other words are handed to vitest (a file, `-t name`).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

const ownOptions = ['--all', '--unit'];
const options = process.argv.slice(2).filter((word) => ownOptions.includes(word));
const forVitest = process.argv.slice(2).filter((word) => !ownOptions.includes(word));

/** Two generations in full: 11 has the old grammar and recovery.conf, 17 is what most people run. */
const servers = options.includes('--all') ? 'full=11,14,15,17,18' : 'full=11,17 smoke=14,15,18';
const onNewerNodes = options.includes('--all') ? ['nodes'] : [];
const projects = options.includes('--unit') ? ['unit'] : ['unit', 'opengauss', 'objects', 'e2e', ...onNewerNodes];
const servedBy = 'the test servers: PostgreSQL 11, 14, 15 and 18, 91 MB to download, 230 MB on disk';
const newerNodes = 'newer releases of Node: 22 and 24, 100 MB to download, 375 MB on disk';

const totals = { passed: 0, failed: 0, skipped: 0 };
/** Said once more at the end: whoever reads only the end of a long output must learn what failed. */
const failures = [];
try {
  buildIfStale();
  if (projects.includes('e2e')) install('test/servers', servedBy);
  if (projects.includes('nodes')) install('test/nodes', newerNodes);
  for (const project of projects) runProject(project);
} catch (error) {
  console.error(error.message);
  totals.failed += 1;
}
const nothingRan = totals.passed + totals.failed === 0;
if (nothingRan) console.error('no test ran');
process.exitCode = totals.failed > 0 || nothingRan ? 1 : 0;
for (const failure of failures) console.log(`\nfailed: ${failure}`);
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
console.log(`\n${totals.passed} passed, ${totals.failed} failed${skipped}`);

/** The tests run the built programs: dist/ must be newer than everything it is made of. */
function buildIfStale() {
  const sources = ['src', 'scripts/build.mjs', 'package.json'].flatMap(filesBelow);
  const built = existsSync('dist') ? filesBelow('dist').filter((file) => /\.c?js$/.test(file)) : [];
  const newestSource = Math.max(...sources.map((file) => statSync(file).mtimeMs));
  const oldestBuilt = Math.min(...built.map((file) => statSync(file).mtimeMs));
  if (built.length > 0 && oldestBuilt >= newestSource) return;
  console.log('building dist/');
  run(process.execPath, ['scripts/build.mjs', '--no-types']);
}

function filesBelow(path) {
  if (!statSync(path).isDirectory()) return path.endsWith('.test.ts') ? [] : [path];
  return readdirSync(path).flatMap((name) => filesBelow(join(path, name)));
}

/** Installs the packages of a directory unless what is there came from the lock that is there. */
function install(name, what) {
  const directory = join(root, name);
  const lock = createHash('sha256')
    .update(readFileSync(join(directory, 'package-lock.json')))
    .digest('hex');
  const mark = join(directory, 'node_modules', '.installed-lock');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lock) return;
  console.log(`installing ${what}`);
  const npm = process.env.npm_execpath;
  const [command, words] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  run(command, [...words, 'ci'], { cwd: directory });
  writeFileSync(mark, lock);
}

function run(command, words, settings = {}) {
  const { status, signal, error } = spawnSync(command, words, { stdio: 'inherit', ...settings });
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${error?.message ?? signal ?? `status ${status}`}`);
}

/** Runs one vitest project and adds its results to the totals. A run that ends without results is a failure. */
function runProject(project) {
  const titles = {
    unit: 'unit tests',
    opengauss: 'tests against the openGauss stand-in',
    objects: 'tests on object stores',
    e2e: `tests on servers: ${servers}`,
    nodes: 'tests on newer releases of Node',
  };
  console.log(`\n${titles[project]}`);
  const directory = mkdtempSync(join(tmpdir(), 'gausskeep-results-'));
  const resultFile = join(directory, 'results.json');
  try {
    const { status } = spawnSync(
      process.execPath,
      [
        'node_modules/vitest/vitest.mjs',
        ...['run', '--project', project, '--passWithNoTests'],
        ...['--reporter=default', '--reporter=json', `--outputFile.json=${resultFile}`],
        ...forVitest,
      ],
      {
        stdio: 'inherit',
        env: {
          ...process.env,
          GAUSSKEEP_TEST_SERVERS: servers,
          GAUSSKEEP_FAULTS: options.includes('--all') ? 'all' : 'some',
        },
      },
    );
    addResults(project, status, existsSync(resultFile) ? readFileSync(resultFile, 'utf8') : undefined);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function addResults(project, status, text) {
  if (text === undefined) throw new Error(`${project}: vitest left no results (status ${status})`);
  const results = JSON.parse(text);
  // A file that cannot be loaded, or whose hooks fail, has failed without a failed test.
  const brokenFiles = results.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  const failed = results.numFailedTests + brokenFiles.length;
  totals.passed += results.numPassedTests;
  totals.skipped += results.numPendingTests + results.numTodoTests;
  totals.failed += failed;
  for (const { name, message } of brokenFiles) failures.push(`${name} as a whole\n${message ?? ''}`);
  for (const { name, assertionResults } of results.testResults) {
    for (const { status, fullName, failureMessages } of assertionResults) {
      if (status === 'failed') failures.push(`${name}: ${fullName}\n${failureMessages.join('\n').slice(0, 2000)}`);
    }
  }
  if (status !== 0 && failed === 0) throw new Error(`${project}: vitest ended with status ${status}`);
}
