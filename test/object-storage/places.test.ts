import dns from 'node:dns';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openS3Storage } from '../../src/storage/s3/s3-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { namesOf, pieces, readAll } from '../contract/storage.contract.ts';
import { FaultScript, redirectTo, type Fault } from '../support/object-store/fault-script.ts';
import { openStore, quickPatience } from '../support/object-store/open-store.ts';
import { S3Server } from '../support/object-store/s3-server.ts';
import { placeAt, testCredentials } from '../support/object-store/stores-under-test.ts';
import { projectRoot } from '../support/project.ts';

const options = { credentials: testCredentials, patience: quickPatience() };
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

describe('where a place is', () => {
  it('a bucket that is not there is told, with one request', async () => {
    await expect(openStore(script.endpoint, 'none')).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
    expect(script.count()).toBe(1);
  });

  it('another region is told by its name: of the bucket, and of the store', async () => {
    server.createBucket('elsewhere', { region: 'eu-west-1' });
    await expect(openStore(script.endpoint, 'elsewhere')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('eu-west-1') as string,
    });
    const other = placeAt(script.endpoint, 'bucket', { region: 'ap-south-1' });
    await expect(openS3Storage(other, options)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('us-east-1') as string,
    });
    expect(script.count()).toBe(2);
  });

  it.each([301, 302, 307, 308])('a redirect (%i) to another host is told, and nobody goes there', async (status) => {
    const storage = await openStore(script.endpoint, 'bucket');
    const other = await FaultScript.start(server.endpoint);
    script.begin({ fault: redirectTo(`${other.endpoint}/bucket/x`, status) });
    for (const run of [
      () => readAll(storage, 'x'),
      () => storage.put('x', pieces('1')),
      () => storage.stat('x'),
      () => namesOf(storage),
      () => storage.delete('x'),
    ]) {
      await expect(run()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    }
    expect(other.count()).toBe(0);
    await other.close();
  });

  it('the bucket can stand in the name of the host', async () => {
    const lookup = dns.lookup;
    // Not every system knows that what ends in .localhost is itself.
    const locally = (name: string, ...rest: unknown[]): void => {
      (lookup as (...words: unknown[]) => void)(name.endsWith('.localhost') ? '127.0.0.1' : name, ...rest);
    };
    Object.assign(dns, { lookup: locally });
    try {
      const place = placeAt(`http://localhost:${script.port}`, 'bucket', { style: 'virtual', prefix: 'a b/' });
      const storage = await openS3Storage(place, options);
      await storage.put('é/x', pieces('1'));
      expect(await namesOf(storage)).toEqual(['é/x']);
      expect(server.keys('bucket')).toContain('a b/é/x');
      expect(script.requests.every(({ headers }) => headers['host'] === `bucket.localhost:${script.port}`)).toBe(true);
    } finally {
      Object.assign(dns, { lookup });
    }
  });

  it('plain http has to be meant', async () => {
    const place = `s3://bucket?endpoint=${script.endpoint}`;
    await expect(openS3Storage(place, options)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(script.count()).toBe(0);
  });
});

describe('over TLS', () => {
  const file = (name: string): string => join(projectRoot, 'test/fixtures/tls/verify', name);

  it('a store whose certificate is of the named authority is trusted', async () => {
    const encrypted = await S3Server.start({ tls: true });
    encrypted.createBucket('bucket');
    const place = placeAt(encrypted.endpoint, 'bucket', { caFile: file('ca.crt') });
    const storage = await openS3Storage(place, options);
    await storage.put('x', pieces('1'));
    expect((await readAll(storage, 'x')).toString()).toBe('1');
    await encrypted.close();
  });

  it.each([
    ['an unknown authority', 'good', undefined],
    ['another authority', 'other', 'ca.crt'],
    ['another host', 'wrong-host', 'ca.crt'],
    ['a time that is over', 'expired', 'ca.crt'],
  ])('a certificate of %s is refused at once, and nothing is sent', async (_, name, ca) => {
    const encrypted = await S3Server.start({ tls: name });
    encrypted.createBucket('bucket');
    const place = placeAt(encrypted.endpoint, 'bucket', { caFile: ca === undefined ? undefined : file(ca) });
    await expect(openS3Storage(place, options)).rejects.toMatchObject({ code: 'AUTHENTICATION' });
    expect(encrypted.counts.size).toBe(0);
    await encrypted.close();
  });

  it('a store that does not speak it is told', async () => {
    const place = placeAt(server.endpoint.replace('http:', 'https:'), 'bucket');
    await expect(openS3Storage(place, options)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('what a store must not do', () => {
  let storage: Storage;
  beforeEach(async () => {
    storage = await openStore(script.endpoint, 'bucket');
    await storage.put('x', pieces('0123456789'));
  });

  const body = '0123456789';
  it.each<[string, Fault]>([
    ['the whole for a part', { kind: 'answer', status: 200, body }],
    [
      'another part',
      { kind: 'answer', status: 206, headers: { 'content-range': 'bytes 4-6/10' }, body: body.slice(4, 7) },
    ],
    [
      'more than asked for',
      { kind: 'answer', status: 206, headers: { 'content-range': 'bytes 3-9/10' }, body: body.slice(3) },
    ],
    ['a part without saying which', { kind: 'answer', status: 206, body: body.slice(3, 6) }],
  ])('send %s', async (_, fault) => {
    script.begin({ fault });
    const reading = readAll(storage, 'x', { offset: 3, length: 3 });
    await expect(reading).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(script.count()).toBe(1);
  });

  it.each<[string, string]>([
    ['unordered', '<Contents><Key>b</Key>TAIL</Contents><Contents><Key>a</Key>TAIL</Contents>'],
    ['twice', '<Contents><Key>b</Key>TAIL</Contents><Contents><Key>b</Key>TAIL</Contents>'],
    ['without sizes', '<Contents><Key>b</Key></Contents>'],
    ['endlessly', '<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>'],
    ['without a way on', '<IsTruncated>true</IsTruncated>'],
  ])('list objects %s', async (_, inside) => {
    const tail = '<Size>1</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified>';
    const text = `<ListBucketResult>${inside.replaceAll('TAIL', tail)}</ListBucketResult>`;
    script.begin({ fault: { kind: 'answer', status: 200, body: text } });
    await expect(namesOf(storage)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE', retryable: false });
  });

  it('answer with what is no XML', async () => {
    script.begin({ fault: { kind: 'answer', status: 200, body: '<html>Welcome to the captive portal' } });
    await expect(namesOf(storage)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE', retryable: false });
  });

  it('move objects to an archive class: that is told by name, with one request', async () => {
    server.move('bucket', 'x', 'GLACIER');
    script.begin();
    await expect(readAll(storage, 'x')).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      retryable: false,
      message: expect.stringContaining('archive class') as string,
    });
    expect(script.count()).toBe(1);
  });
});

it('lists page by page, flat and by folders, whatever names there are', async () => {
  server.behaviour.pageSize = 2;
  const storage = await openStore(script.endpoint, 'bucket', { prefix: 'p q/' });
  const names = ['&<>"', 'a b', 'a+b', 'a/1', 'a/2', 'a/3', 'b%2F', 'c/1', 'd', "e'", 'é', 'ü/1', '～', '😀'];
  for (const name of names) await storage.put(name, pieces(name));
  script.begin();
  const sorted = [...names].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  expect(await namesOf(storage)).toEqual(sorted);
  // With the record that is not shown.
  expect(script.count()).toBe(Math.ceil((names.length + 1) / 2));
  expect(await namesOf(storage, 'a/')).toEqual(['a/1', 'a/2', 'a/3']);
  const folders: string[] = [];
  for await (const name of storage.folders('')) folders.push(name);
  expect(folders).toEqual(['a/', 'c/', 'ü/']);
});
