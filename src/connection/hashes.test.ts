import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { md5Password } from './md5-password.ts';
import { decodeHashChallenge, hashProof, md5Sha256Password } from './hash-proof.ts';
import { passwordKey } from './password-key.ts';
import { saslPrepare } from './sasl-prepare.ts';
import { ScramClient } from './scram.ts';
import { sm3 } from './sm3.ts';

const limit = 10_000_000;
const password = 'Gauss@123';
const salt = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
const token = Buffer.from('01020304', 'hex');
const signature = '58a0507fed937360de9b43f55a72f6e9508ecd13255a8441af02a9ca691de210';

function challengeBody(method: number, rest: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from([0, 0, 0, method]),
    Buffer.from(salt.toString('hex') + token.toString('hex')),
    rest,
  ]);
}

describe('sm3', () => {
  it.each([
    ['abc', '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'],
    ['abcd'.repeat(16), 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732'],
    ['', '1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b'],
  ])('of %j is that of the standard', (text, expected) => {
    expect(sm3(Buffer.from(text)).toString('hex')).toBe(expected);
  });
});

describe('openGauss answers', () => {
  it('derive the key with PBKDF2-HMAC-SHA1', async () => {
    const key = await passwordKey({ digest: 'sha1', password, salt, iterations: 10_000, limit });
    expect(key.toString('hex')).toBe('9def8bb6c20d4cb929a0435bc19c8b30ca6842aac59e11c169ffb3ae90a04365');
  });

  it.each([
    ['protocol 3.51, iterations named', Buffer.from([0, 0, 0x27, 0x10])],
    ['protocol 3.50, nothing named', Buffer.alloc(0)],
    ['protocol 3.0, signature of the server', Buffer.from(signature)],
  ])('prove the password to SHA256: %s', async (_what, rest) => {
    const challenge = decodeHashChallenge(challengeBody(2, rest));
    expect(challenge.iterations).toBe(10_000);
    expect(await hashProof(password, challenge, { limit })).toBe(
      '9b5a237a61ea01356f780059f012a52901bec8a55ba04b9a8d135cfc228d1699',
    );
  });

  it('prove the password to SM3', async () => {
    const challenge = decodeHashChallenge(challengeBody(3, Buffer.from([0, 0, 0x27, 0x10])));
    expect(await hashProof(password, challenge, { limit })).toBe(
      'ba0515cc97ebf9a5541af112b96a378caf279e9ae831ffc2139d41722e6e26fe',
    );
  });

  it('answer MD5_SHA256 with the iterations, as the server compares', async () => {
    const body = Buffer.concat([Buffer.from(salt.toString('hex')), Buffer.from('0a0b0c0d', 'hex')]);
    expect(await md5Sha256Password(password, body, { limit })).toBe('md5f1f91711a9fe19ef91ddabda29a2f507');
  });

  it('answer MD5', () => {
    expect(md5Password(password, 'rep1', Buffer.from('0a0b0c0d', 'hex'))).toBe('md59f4b4177f82922aab145ec9659e2f373');
  });

  it('are not given to a server whose signature is wrong', async () => {
    const challenge = decodeHashChallenge(challengeBody(2, Buffer.from(signature)));
    await expect(hashProof('other', challenge, { limit })).rejects.toMatchObject({ code: 'AUTHENTICATION' });
  });

  it('refuse a stored method that is not known', async () => {
    const challenge = decodeHashChallenge(challengeBody(6, Buffer.alloc(0)));
    await expect(hashProof(password, challenge, { limit })).rejects.toThrow('unknown way 6');
  });

  it('refuse more iterations than the limit, and none', async () => {
    const hostile = decodeHashChallenge(challengeBody(2, Buffer.from([0x7f, 0xff, 0xff, 0xff])));
    await expect(hashProof(password, hostile, { limit })).rejects.toMatchObject({
      code: 'AUTHENTICATION',
      message: 'the server asks for 2147483647 iterations of the password hash, more than 10000000',
    });
    const none = decodeHashChallenge(challengeBody(2, Buffer.alloc(4)));
    await expect(hashProof(password, none, { limit })).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' });
  });

  it.each([
    ['cut short', challengeBody(2, Buffer.alloc(0)).subarray(0, 70)],
    ['with bytes left over', challengeBody(2, Buffer.alloc(5))],
    ['that is no hexadecimal', Buffer.concat([Buffer.from([0, 0, 0, 2]), Buffer.alloc(76, 0x7a)])],
  ])('refuse a challenge %s', (_what, body) => {
    expect(() => decodeHashChallenge(body)).toThrow('malformed Authentication message');
  });
});

describe('ScramClient', () => {
  const serverFirst = 'r=abcXYZ,s=c2FsdHNhbHQ=,i=4096';
  const sign = (key: Uint8Array, text: string) => createHmac('sha256', key).update(text).digest();

  it('proves the password and accepts only the proof of a server that knows it', async () => {
    const client = new ScramClient('abc');
    expect(client.first().toString()).toBe('n,,n=,r=abc');
    const final = (await client.final(serverFirst, 'pencil', { limit })).toString();
    const [withoutProof = '', proof = ''] = final.split(',p=');
    expect(withoutProof).toBe('c=biws,r=abcXYZ');
    // The server's side, RFC 5802 section 3: the client key is recovered from the proof and must hash to the stored key.
    const salted = pbkdf2Sync('pencil', Buffer.from('saltsalt'), 4096, 32, 'sha256');
    const storedKey = createHash('sha256').update(sign(salted, 'Client Key')).digest();
    const authMessage = `n=,r=abc,${serverFirst},${withoutProof}`;
    const mask = sign(storedKey, authMessage);
    const clientKey = Buffer.from(proof, 'base64').map((byte, index) => byte ^ mask[index]!);
    expect(createHash('sha256').update(clientKey).digest('hex')).toBe(storedKey.toString('hex'));
    const verifier = sign(sign(salted, 'Server Key'), authMessage).toString('base64');
    expect(() => client.verify(`v=${verifier}`)).not.toThrow();
    expect(() => client.verify(`v=${Buffer.alloc(32).toString('base64')}`)).toThrow('could not prove');
    expect(() => client.verify('e=other-error')).toThrow('malformed');
  });

  it.each([
    ['a nonce that is not longer than ours', 'r=abc,s=c2FsdHNhbHQ=,i=4096'],
    ['a nonce of somebody else', 'r=zzzXYZ,s=c2FsdHNhbHQ=,i=4096'],
    ['no iterations', 'r=abcXYZ,s=c2FsdHNhbHQ='],
    ['zero iterations', 'r=abcXYZ,s=c2FsdHNhbHQ=,i=0'],
    ['an extension that must be understood', 'm=x,r=abcXYZ,s=c2FsdHNhbHQ=,i=4096'],
  ])('refuses %s', async (_what, message) => {
    await expect(new ScramClient('abc').final(message, 'x', { limit })).rejects.toMatchObject({
      code: 'PROTOCOL_VIOLATION',
    });
  });

  it('refuses more iterations than the limit', async () => {
    const hostile = 'r=abcXYZ,s=c2FsdHNhbHQ=,i=2000000000';
    await expect(new ScramClient('abc').final(hostile, 'x', { limit })).rejects.toMatchObject({
      code: 'AUTHENTICATION',
    });
  });

  it('stops waiting for the hash when aborted', async () => {
    const controller = new AbortController();
    const options = { limit, signal: controller.signal };
    const pending = new ScramClient('abc').final('r=abcXYZ,s=c2FsdHNhbHQ=,i=2000000', 'x', options);
    controller.abort();
    await expect(pending).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('saslPrepare', () => {
  it.each([
    ['I\u00adX', 'IX'],
    ['\u00aa', 'a'],
    ['\u2168', 'IX'],
    ['a\u00a0b', 'a b'],
    ['plain ASCII', 'plain ASCII'],
    ['\u0007bell', '\u0007bell'],
    ['\u00ad', '\u00ad'],
  ])('maps %j to %j', (given, expected) => {
    expect(saslPrepare(given)).toBe(expected);
  });
});
