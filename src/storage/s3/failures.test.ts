import { expect, it } from 'vitest';
import { s3Failure } from './failures.ts';

const words = {
  place: 's3://backups/a',
  bucket: 'backups',
  endpoint: 'https://store.example',
  region: 'us-east-1',
  virtualHost: undefined,
};
const system = (code: string, message: string) => Object.assign(new Error(message), { code });

it.each([
  ['ECONNREFUSED', undefined, 's3.refused.hint'],
  ['ENOTFOUND', undefined, 's3.no-host.hint'],
  ['ENOTFOUND', 'backups.store.example', 's3.no-virtual-host.hint'],
  ['EHOSTUNREACH', undefined, 's3.no-way.hint'],
])('a store that is not reached: %s, virtual host %s', (code, virtualHost, key) => {
  const failure = s3Failure(system(code, `connect ${code} store.example`), '', { ...words, virtualHost });
  expect(failure).toMatchObject({ code: 'STORAGE_UNAVAILABLE', retryable: true, hint: { key } });
});

it.each([
  ['wrong version number', 's3.no-tls'],
  ['sslv3 alert handshake failure', 's3.tls-failed'],
])('TLS that cannot be agreed on: %s', (reason, key) => {
  const text = `write EPROTO 807C318C7F7F0000:error:0A00010B:SSL routines:ssl3_get_record:${reason}:../deps/openssl/ssl3_record.c:350:\n`;
  const failure = s3Failure(system('EPROTO', text), '', words);
  // What OpenSSL writes, with an empty line, is not told behind it.
  expect(failure).toMatchObject({ code: 'CONFIG_INVALID', sentence: { key } });
  expect(failure).not.toHaveProperty('cause', expect.anything());
});
