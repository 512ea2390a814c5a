import { afterEach, beforeEach, expect, it } from 'vitest';
import { S3Server, testAccount } from '../../test/support/object-store/s3-server.ts';
import { sampleCommit } from '../../test/support/repository-instance.ts';
import { fromText } from '../bytes/byte-string.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { performExpire } from '../expire/perform-expire.ts';
import { rehearseExpire } from '../expire/rehearse-expire.ts';
import { checkRepository } from '../inspecting/check-repository.ts';
import type { RepositoryFinding } from '../inspecting/finding.ts';
import { readCatalogue } from '../repository/catalogue.ts';
import type { Commit } from '../repository/commit.ts';
import { initRepository } from '../repository/init-repository.ts';
import { claimInstance, type Instance } from '../repository/instance.ts';
import { openInstance } from '../repository/open-instance.ts';
import { openRepository } from '../repository/open-repository.ts';
import { openS3Storage } from '../storage/s3/s3-storage.ts';
import { lsn } from '../wal/lsn.ts';
import { StoringRun } from './storing-run.ts';

const dayMs = 24 * 60 * 60 * 1000;
const rules = { keepLast: 1, keepWithinMs: 0 };
/** How far the clock of the store has been moved on. */
let movedMs: number;
/** Where the newest backup began. */
let startLsn = 0x28n;
let server: S3Server;
beforeEach(async () => {
  movedMs = 0;
  server = await S3Server.start({ clock: () => Date.now() + movedMs });
  server.createBucket('locked', { objectLock: true });
});
afterEach(() => server.close());

const openStorage = (account = testAccount) =>
  openS3Storage(`s3://locked/repo?endpoint=${server.endpoint}&http=yes`, {
    credentials: () => Promise.resolve(account),
  });
async function made(): Promise<Instance> {
  const lock = { mode: 'COMPLIANCE', days: 30 } as const;
  const repository = await initRepository(await openStorage(), { lock });
  const instance = await openInstance(repository, 'orders');
  return claimInstance(instance, { systemIdentifier: 7n, product: 'PostgreSQL' });
}
async function opened(account = testAccount): Promise<Instance> {
  return openInstance(await openRepository(await openStorage(account)), 'orders');
}
const blocks = (...words: readonly string[]) => Buffer.concat(words.map((word) => Buffer.alloc(16 * 1024, word)));

async function backup(instance: Instance, content: Buffer): Promise<Commit> {
  const { signal } = new AbortController();
  const run = await StoringRun.begin(instance, signal);
  try {
    const writer = await run.openWriter({ name: 'gzip', level: 1 });
    writer.part({ name: 'base', oid: undefined });
    const file = { name: fromText('file'), mode: 0o600, mtimeSeconds: 1, sizeBytes: content.length };
    await writer.file(file, onePiece(content));
    // Those of one second are in the order of their WAL.
    startLsn += 0x100_0000n;
    const told = sampleCommit({ startLsn: lsn(startLsn) }, new Date().toISOString());
    return await run.commit(told, await writer.finish());
  } catch (error) {
    await run.abandon();
    throw error;
  }
}

const bucket = () => server.bucket('locked');
const packKeys = (owner: string) => bucket().keys.filter((key) => key.includes(`/packs/${owner}/`));
/** For how many days, from now on, the first version of each is locked. */
const lockedDays = (keys: readonly string[]) =>
  keys.map((key) => ((bucket().versionsOf(key)[0]?.retention?.untilMs ?? 0) - Date.now() - movedMs) / dayMs);

it('locks what a new backup refers to for as long as the backup itself, and not with each one anew', async () => {
  const first = await backup(await made(), blocks('a', 'b', 'c', 'd'));
  movedMs = 0;
  const instance = await opened();
  // As if it had been stored twenty days ago.
  for (const key of bucket().keys) {
    for (const version of bucket().versionsOf(key)) {
      if (version.retention !== undefined)
        version.retention = { ...version.retention, untilMs: Date.now() + 10 * dayMs };
    }
  }
  const second = await backup(instance, blocks('a', 'b', 'c', 'x'));
  const old = packKeys(first.backup);
  const days = lockedDays(old);
  expect(days.some((count) => count > 37)).toBe(true);
  // The packs of the root of the first belong to it alone.
  expect(days.filter((count) => count < 11).length).toBeGreaterThan(0);
  const foundations = bucket().keys.filter((key) => /gausskeep-|instance\.json/.test(key));
  expect(foundations.length).toBe(3);
  for (const count of lockedDays(foundations)) expect(count).toBeGreaterThan(29.9);
  for (const count of lockedDays(packKeys(second.backup))) expect(count).toBeGreaterThan(29.9);
  expect((Date.parse(second.lockedUntil ?? '') - Date.now()) / dayMs).toBeCloseTo(37.5, 1);
  server.counts.clear();
  const third = await backup(await opened(), blocks('a', 'b', 'c', 'y'));
  // Only what the second stored itself, and what is opened first, is looked at.
  expect(server.count('PutObjectRetention')).toBeLessThan(old.length + packKeys(second.backup).length);
  expect(third.lockedUntil).toBe(second.lockedUntil);
});

it('makes no backup where what it needs cannot be locked for longer', async () => {
  await backup(await made(), blocks('a', 'b'));
  server.accounts.set('writer', { accessKeyId: 'writer', secretAccessKey: 'secret', denied: ['PutObjectRetention'] });
  for (const key of bucket().keys) {
    for (const version of bucket().versionsOf(key)) {
      if (version.retention !== undefined) version.retention = { ...version.retention, untilMs: Date.now() + dayMs };
    }
  }
  const instance = await opened(server.accounts.get('writer'));
  await expect(backup(instance, blocks('a', 'c'))).rejects.toMatchObject({
    code: 'AUTHENTICATION',
    sentence: { key: 'lock.cannot-extend' },
  });
  expect((await readCatalogue(instance.storage)).backups).toHaveLength(1);
});

it('deletes when the lock is over, tells until when what is locked, and never half', async () => {
  const first = await backup(await made(), blocks('a', 'b', 'c', 'd'));
  const second = await backup(await opened(), blocks('w', 'x', 'y', 'z'));
  const expire = async () => performExpire({ instance: await opened(), rules });
  expect((await expire()).waiting).toMatchObject([{ backup: first.backup, obstacles: ['grace', 'locked'] }]);
  movedMs = 2 * dayMs;
  const before = bucket().keys.length;
  const dry = await rehearseExpire({ instance: await opened(), rules }, Date.now() + movedMs);
  const kept = await expire();
  for (const { deleted, packs, waiting } of [dry, kept]) {
    expect([deleted, packs]).toEqual([[], 0]);
    expect(waiting).toMatchObject([{ backup: first.backup, obstacles: ['locked'] }]);
    expect((waiting[0]!.dueAtMs! - Date.now()) / dayMs).toBeCloseTo(30, 0);
  }
  expect(bucket().keys.length).toBeGreaterThanOrEqual(before);
  // An administrator has locked one of its packs for longer.
  const [pack = ''] = packKeys(first.backup);
  bucket().versionsOf(pack)[0]!.retention = { mode: 'COMPLIANCE', untilMs: Date.now() + 50 * dayMs };
  movedMs = 40 * dayMs;
  const run = await expire();
  expect(run.deleted).toEqual([first.backup]);
  expect(run.locked).toMatchObject({ count: 1, untilMs: expect.closeTo(Date.now() + 50 * dayMs, -6) as number });
  expect(packKeys(first.backup)).toEqual([pack]);
  const again = await expire();
  expect([again.deleted, again.locked?.count]).toEqual([[], 1]);
  movedMs = 60 * dayMs;
  expect((await expire()).packs).toBe(1);
  expect(packKeys(first.backup)).toEqual([]);
  expect((await readCatalogue((await opened()).storage)).backups.map(({ commit }) => commit.backup)).toEqual([
    second.backup,
  ]);
});

it('leaves an attacker with the keys of a writer nothing to destroy, and says what he did', async () => {
  const { backup: id } = await backup(await made(), blocks('a', 'b'));
  server.accounts.set('writer', { accessKeyId: 'writer', secretAccessKey: 'secret', denied: [] });
  const attacker = await openStorage(server.accounts.get('writer'));
  const keys = bucket().keys.filter((key) => bucket().current(key)?.retention !== undefined);
  expect(keys.length).toBeGreaterThan(5);
  for (const key of keys) {
    await expect(attacker.delete(key.slice('repo/'.length))).rejects.toMatchObject({ kind: 'object-locked' });
  }
  const commit = keys.find((key) => key.endsWith(`commits/${id}.json`)) ?? '';
  const identity = keys.find((key) => key.endsWith('instance.json')) ?? '';
  bucket().remove(commit);
  server.write('locked', identity, 'something else');
  const findings: RepositoryFinding[] = [];
  const repository = await openRepository(await openStorage());
  await checkRepository({ repository, onFinding: (finding) => findings.push(finding) });
  const told = findings.filter(({ what }) => what.key.startsWith('lock.')).map(({ what }) => what);
  expect(told).toMatchObject([
    { key: 'lock.check.hidden', parameters: { count: 1, name: commit.slice('repo/'.length) } },
    { key: 'lock.check.several', parameters: { count: 1, name: identity.slice('repo/'.length) } },
  ]);
  // What the hints say brings all of it back.
  for (const key of [commit, identity]) bucket().removeVersion(key, bucket().versionsOf(key).at(-1)!.id, false);
  expect((await readCatalogue((await opened()).storage)).backups).toHaveLength(1);
});
