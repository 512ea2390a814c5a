/** What commands say of an instance whose instance.json is lost or damaged, and what they leave alone. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openRepository } from '../../src/index.ts';
import { claimInstance } from '../../src/repository/instance.ts';
import { commitObject } from '../../src/repository/names.ts';
import { openInstance } from '../../src/repository/open-instance.ts';
import { putCommit } from '../../src/repository/put-commit.ts';
import { runProgram, temporaryDirectory } from '../support/programs.ts';
import { sampleCommit } from '../support/repository-instance.ts';
import { runDirectory } from '../support/run-directory.ts';

afterAll(() => runDirectory().clear());

let place: string;
const gausskeep = (...words: string[]) => runProgram('gausskeep', words, { env: { GAUSSKEEP_REPO: place }, input: '' });
const opened = async (name = 'orders') => openInstance(await openRepository(place), name);
const identityOf = (name: string): string => join(place, `instances/${name}/instance.json`);
const lost = 'instance.json of instance "orders" is lost';
const { systemIdentifier, product } = sampleCommit();

beforeEach(async () => {
  place = join(temporaryDirectory('repository'), 'repo');
  await gausskeep('repo', 'init', place);
  for (const name of ['orders', 'stock']) {
    const { storage } = await claimInstance(await opened(name), { systemIdentifier, product });
    await putCommit(storage, sampleCommit());
  }
});

describe('where instance.json is lost', () => {
  it('no other server gets the instance, and its own puts it anew', async () => {
    const before = readFileSync(identityOf('orders'));
    rmSync(identityOf('orders'));
    const instance = await opened();
    expect(instance).toMatchObject({ isIdentityLost: true, identity: { systemIdentifier, product } });
    await expect(claimInstance(instance, { systemIdentifier: 5n, product })).rejects.toMatchObject({
      code: 'SYSTEM_MISMATCH',
    });
    expect(existsSync(identityOf('orders'))).toBe(false);
    await claimInstance(instance, { systemIdentifier, product });
    expect(readFileSync(identityOf('orders'))).toHaveLength(before.length);
    expect(await opened()).toMatchObject({ identity: { systemIdentifier, product } });
    expect((await opened()).isIdentityLost).toBeUndefined();
  });

  it('is told by whoever looks at the instance', async () => {
    rmSync(identityOf('orders'));
    const list = await gausskeep('list');
    expect(list).toMatchObject({ status: 3, stdout: expect.stringMatching(/^orders: PostgreSQL/) as string });
    expect(list.stderr).toContain(lost);
    expect(await gausskeep('repo', 'stats')).toMatchObject({
      status: 3,
      stderr: expect.stringContaining(lost) as string,
    });
    expect(await gausskeep('verify')).toMatchObject({ status: 20, stdout: expect.stringContaining(lost) as string });
    expect((await gausskeep('window', '--instance', 'orders')).stderr).toContain(`warning: ${lost}`);
    expect((await gausskeep('repo', 'check')).status).toBe(20);
  });

  it('and the backups do not say one server, nobody gets it', async () => {
    const { storage } = await opened();
    const other = sampleCommit({ systemIdentifier: 5n });
    await putCommit(storage, other);
    rmSync(identityOf('orders'));
    for (const words of [['window'], ['pin', 'latest'], ['export', 'latest', '--to', join(place, '../out')]]) {
      const { status, stderr } = await gausskeep(...words, '--instance', 'orders');
      expect({ words, status }).toEqual({ words, status: 20 });
      expect(stderr).toContain(lost);
    }
    const path = join(place, 'instances/orders', commitObject(other.backup));
    writeFileSync(path, readFileSync(path).subarray(1));
    await expect(opened()).rejects.toMatchObject({ code: 'CORRUPT' });
    const { status, stderr } = await gausskeep('list');
    expect(status).toBe(3);
    expect(stderr).toContain(lost);
  });

  it('a new instance is none where a run left nothing but a hold', async () => {
    rmSync(join(place, 'instances/orders'), { recursive: true });
    const { storage } = await opened();
    await storage.put(`holds/${sampleCommit().backup}/x`, async function* () {
      yield await Promise.resolve(Buffer.from('x'));
    });
    expect((await opened()).identity).toBeUndefined();
    const { status, stderr } = await gausskeep('window', '--instance', 'orders');
    expect(status).toBe(16);
    expect(stderr).toContain('It has these: stock\n');
  });
});

describe('a damaged instance.json', () => {
  it('keeps nobody from looking at the other instances', async () => {
    writeFileSync(identityOf('orders'), readFileSync(identityOf('orders')).subarray(1));
    const verify = await gausskeep('verify');
    expect(verify.status).toBe(20);
    expect(verify.stdout).toContain('instance.json of "orders": damaged');
    expect(verify.stdout).toMatch(/of "stock"/);
    const stats = await gausskeep('repo', 'stats');
    expect(stats.status).toBe(3);
    expect(stats.stdout).toMatch(/^stock /m);
    expect(stats.stderr).toContain('instance orders: instance.json cannot be read');
    expect((await gausskeep('verify', '--instance', 'orders')).status).toBe(20);
  });
});
