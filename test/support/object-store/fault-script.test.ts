import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorIn200, FaultScript, lostAnswer, redirectTo, slowDown } from './fault-script.ts';
import { Gate } from './gate.ts';
import { S3Server } from './s3-server.ts';
import { askStore } from './signed-request.ts';

let server: S3Server;
let script: FaultScript;
beforeEach(async () => {
  server = await S3Server.start();
  server.createBucket('bucket');
  script = await FaultScript.start(server.endpoint);
});
afterEach(async () => {
  await script.close();
  await server.close();
});

/** One signed request through the script. */
async function ask(method: string, target: string, body = '') {
  const answer = await askStore(script.endpoint, method, target, { body });
  return { ...answer, body: answer.body.toString() };
}

it('passes requests on as they are signed, and notes them without what is secret', async () => {
  expect(await ask('PUT', '/bucket/a%20b/%C3%A9', 'content')).toMatchObject({ status: 200 });
  expect(await ask('GET', '/bucket/a%20b/%C3%A9')).toMatchObject({ status: 200, body: 'content' });
  expect(await ask('GET', '/bucket?list-type=2&prefix=a%20b%2F')).toMatchObject({ status: 200 });
  expect(await ask('HEAD', '/bucket/none')).toMatchObject({ status: 404, body: '' });
  expect(script.operations).toEqual(['PutObject', 'GetObject', 'ListObjectsV2', 'HeadObject']);
  expect(script.requests[0]).toMatchObject({ bucket: 'bucket', key: 'a b/é', storeStatus: 200, fault: undefined });
  expect(script.requests.at(-1)).toMatchObject({ key: 'none', storeStatus: 404 });
  expect(JSON.stringify(script.requests)).not.toMatch(/authorization|Credential|testsecret/i);
});

it('does what the rules say to the requests that they are for, and to no other', async () => {
  script.begin({ operation: 'PutObject', key: /^x/, nth: [1, 3], fault: slowDown });
  const statuses: number[] = [];
  for (const key of ['x1', 'y', 'x2', 'x3', 'x4']) statuses.push((await ask('PUT', `/bucket/${key}`, 'c')).status);
  expect(statuses).toEqual([503, 200, 200, 503, 200]);
  expect(server.keys('bucket')).toEqual(['x2', 'x4', 'y']);
});

it('loses the answer of a request that the store has done', async () => {
  script.begin({ method: 'PUT', fault: lostAnswer });
  await expect(ask('PUT', '/bucket/lost', 'content')).rejects.toThrow(/ECONNRESET|hang up/);
  expect(server.content('bucket', 'lost')?.toString()).toBe('content');
  expect(script.requests[0]).toMatchObject({ storeStatus: 200, fault: 'reset' });
});

it.each(['before', 'after'] as const)(
  'holds requests %s the store has done them, until the gate is opened',
  async (when) => {
    const gate = new Gate();
    script.begin({ operation: 'PutObject', fault: { kind: 'gate', when, gate } });
    const held = ask('PUT', '/bucket/held', 'content');
    await gate.arrived;
    expect((await ask('GET', '/bucket?list-type=2')).body.includes('<Key>held</Key>')).toBe(when === 'after');
    gate.open();
    expect(await held).toMatchObject({ status: 200 });
    expect(await ask('PUT', '/bucket/next', 'content')).toMatchObject({ status: 200 });
    expect(server.keys('bucket')).toEqual(['held', 'next']);
  },
);

it.each(['before', 'in-body'] as const)('resets %s: the store has seen nothing', async (when) => {
  script.begin({ fault: { kind: 'reset', when } });
  await expect(ask('PUT', '/bucket/x', 'content')).rejects.toThrow(/ECONNRESET|EPIPE|hang up/);
  expect(server.counts.size).toBe(0);
});

it('shortens an answer whose length is told, and drips it', async () => {
  await ask('PUT', '/bucket/x', 'content');
  script.begin({ nth: 1, fault: { kind: 'short-body', bytes: 3 } }, { fault: { kind: 'drip', bytes: 2, everyMs: 1 } });
  await expect(ask('GET', '/bucket/x')).rejects.toThrow(/aborted/);
  expect(await ask('GET', '/bucket/x')).toMatchObject({ body: 'content' });
});

it('answers by itself: an error in 200 where the work was done, a redirect, before the body came', async () => {
  script.begin(
    { key: /done/, fault: errorIn200('InternalError', true) },
    { key: /moved/, fault: redirectTo('http://127.0.0.1:9/') },
    { key: /early/, fault: { kind: 'early-answer', status: 403 } },
  );
  expect(await ask('PUT', '/bucket/done', 'content')).toMatchObject({
    status: 200,
    body: expect.stringContaining('<Error>') as string,
  });
  expect(server.keys('bucket')).toEqual(['done']);
  expect(await ask('PUT', '/bucket/moved', 'content')).toMatchObject({
    status: 307,
    headers: { location: 'http://127.0.0.1:9/' },
  });
  expect(await ask('PUT', '/bucket/early', 'content')).toMatchObject({ status: 403 });
  expect(server.keys('bucket')).toEqual(['done']);
});

it('stalls for ever, until the client goes away', async () => {
  script.begin({ fault: { kind: 'stall', afterBytes: -1 } });
  const asked = ask('PUT', '/bucket/x', 'content');
  await expect.poll(() => script.requests[0]?.storeStatus, { timeout: 120_000 }).toBe(200);
  const state = await Promise.race([asked, new Promise((resolve) => setImmediate(() => resolve('still waiting')))]);
  expect(state).toBe('still waiting');
  asked.catch(() => undefined);
});
