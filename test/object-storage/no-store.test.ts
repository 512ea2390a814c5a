import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { openStore } from '../support/object-store/open-store.ts';

let server: Server;
afterEach(() => {
  server.close();
});

async function answering(status: number, text: string): Promise<string> {
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-length': Buffer.byteLength(text), connection: 'close' }).end(text);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

it('a web server in the place of a store is told as that, and not as damage', async () => {
  const endpoint = await answering(200, '<!doctype html><title>Welcome</title>');
  await expect(openStore(endpoint, 'bucket')).rejects.toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
    retryable: false,
    message: `the answer of ${endpoint} is not one of an S3-compatible store`,
  });
});

it('what is no record, and no page either, is damage', async () => {
  const endpoint = await answering(200, '{"format":1}');
  await expect(openStore(endpoint, 'bucket')).rejects.toMatchObject({ code: 'CORRUPT' });
});
