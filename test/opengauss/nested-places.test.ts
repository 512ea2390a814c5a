/** An archive is not begun inside a repository or another archive, whoever begins it: what is deleted with the one takes the other away. */
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeFixtureWal } from '../support/fixture-wal.ts';
import { S3Server } from '../support/object-store/s3-server.ts';
import { testCredentialVariables } from '../support/object-store/stores-under-test.ts';
import { runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';

let root: string;
let data: string;
let store: S3Server;
beforeAll(async () => {
  root = temporaryDirectory('nested');
  data = join(root, 'data');
  await writeFixtureWal(join(data, 'pg_xlog'));
  store = await S3Server.start();
  store.createBucket('whole');
});
afterAll(() => store.close());

const run = (...words: string[]): Promise<ProgramResult> =>
  runProgram('gausskeep', words, {
    env: {
      ...testCredentialVariables,
      ...{ GAUSSKEEP_CONFIG: '/dev/null', GAUSSKEEP_CACHE: '' },
      ...{ GAUSSKEEP_S3_ENDPOINT: store.endpoint, GAUSSKEEP_S3_ALLOW_HTTP: 'yes' },
    },
    cwd: data,
  });

async function done(...words: string[]): Promise<void> {
  const { status, stderr } = await run(...words);
  expect(status, stderr).toBe(0);
}

const push = (archive: string): Promise<ProgramResult> =>
  run('wal', 'push', 'pg_xlog/000000010000000000000026', '--archive', archive);

async function refused(archive: string, says: string): Promise<void> {
  const { status, stderr } = await push(archive);
  expect(status, stderr).toBe(17);
  expect(stderr).toContain(says);
  expect(stderr).toContain('Choose a place beside it');
}

it('the first push begins none in a directory', async () => {
  const [repository, archive] = [join(root, 'repo'), join(root, 'archive')];
  await done('repo', 'init', repository);
  mkdirSync(archive);
  await done('wal', 'init', data, '--archive', archive);
  const [inRepository, inArchive, link] = [join(repository, 'inner'), join(archive, 'in/ner'), join(root, 'link')];
  for (const directory of [inRepository, inArchive]) mkdirSync(directory, { recursive: true });
  symlinkSync(inArchive, link);
  await refused(inRepository, `"${inRepository}" lies in the repository "${repository}"`);
  await refused(inArchive, `"${inArchive}" lies in the WAL archive "${archive}"`);
  await refused(link, `lies in the WAL archive "${archive}"`);
  expect([readdirSync(inRepository), readdirSync(inArchive)]).toEqual([[], []]);
  const beside = join(root, 'beside');
  mkdirSync(beside);
  expect((await push(beside)).status).toBe(0);
});

it('nor in an object store', async () => {
  await done('repo', 'init', 's3://whole/repo');
  await done('wal', 'init', data, '--archive', 's3://whole/archive');
  const before = store.keys('whole');
  await refused('s3://whole/repo/inner', '"s3://whole/repo/inner" lies in the repository "s3://whole/repo"');
  await refused(
    's3://whole/archive/in/ner',
    '"s3://whole/archive/in/ner" lies in the WAL archive "s3://whole/archive"',
  );
  expect(store.keys('whole')).toEqual(before);
  expect((await push('s3://whole/beside')).status).toBe(0);
});
