/** Memory of bodies is used again: what is stored is what was put, whatever happens to its requests, and a hash that is known is that of the body. */
import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FaultScript, lostAnswer, serverError, slowDown } from '../../../test/support/object-store/fault-script.ts';
import { openStore } from '../../../test/support/object-store/open-store.ts';
import { S3Server } from '../../../test/support/object-store/s3-server.ts';
import { framedStorage } from '../../sealed/framed-storage.ts';
import { onePiece } from '../../bytes/one-piece.ts';
import { collect } from '../../../test/support/byte-pieces.ts';

let server: S3Server;
let script: FaultScript;
beforeEach(async () => {
  server = await S3Server.start();
  server.createBucket('bench');
  script = await FaultScript.start(server.endpoint);
});
afterEach(async () => {
  await script.close();
  await server.close();
});

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

it('of bodies that go at once, one after another, with answers that are lost, early or errors', async () => {
  const storage = await openStore(script.endpoint, 'bench');
  await storage.prepare?.();
  const faults = [
    slowDown,
    lostAnswer,
    serverError,
    { kind: 'reset', when: 'in-body' },
    { kind: 'early-answer', status: 503 },
  ] as const;
  script.begin(...faults.map((fault, index) => ({ method: 'PUT', nth: 3 + 7 * index, fault })));
  // Around a slab, and several: some have the hash of their body with them.
  const sizes = [0, 1, 1_048_575, 1_048_576, 1_048_577, 3_500_000];
  for (let round = 0; round < 6; round += 1) {
    const bodies = sizes.map((size, index) => ({ name: `${round}-${index}`, bytes: randomBytes(size) }));
    await Promise.all(
      bodies.map(({ name, bytes }, index) =>
        storage.put(name, () => onePiece(bytes), { contentHash: index % 2 === 0 ? () => hashOf(bytes) : undefined }),
      ),
    );
    for (const { name, bytes } of bodies) expect(server.content('bench', name)?.equals(bytes), name).toBe(true);
  }
  expect(script.requests.filter(({ fault }) => fault !== undefined).length).toBe(faults.length);
});

it('refuses a body of another hash than was said, and stores nothing', async () => {
  const storage = await openStore(server.endpoint, 'bench');
  await storage.prepare?.();
  const put = storage.put('other', () => onePiece(Buffer.from('body')), {
    contentHash: () => hashOf(Buffer.from('x')),
  });
  await expect(put).rejects.toThrow();
  expect(server.content('bench', 'other')).toBeUndefined();
});

it('frames have a hash of their own, whatever is known of what is in them', async () => {
  const storage = framedStorage(await openStore(server.endpoint, 'bench'), {
    kind: 'checksums',
    repository: 'ab'.repeat(16),
  });
  await storage.prepare?.();
  const body = randomBytes(100_000);
  await storage.put('framed', () => onePiece(body), { contentHash: () => hashOf(body) });
  expect((await collect(storage.get('framed'))).equals(body)).toBe(true);
});
