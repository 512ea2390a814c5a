import { createDecipheriv, hkdfSync, scryptSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeSealed } from '../storage/sealed-json.ts';
import { decodeKeyObject, unwrapMaster, wrapMaster } from './key-object.ts';
import { keyCheckOf, newMasterKey } from './master-key.ts';

const place = { name: 'keys/000102030405060708090a0b0c0d0e0f.json', repository: 'ab'.repeat(16) };
const about = { ...place, note: 'the safe', createdAt: '2026-11-22T15:00:00Z' };
const cheap = { n: 2 ** 15, r: 8, p: 1 };
const master = newMasterKey();

describe('key objects', () => {
  it('open with their password in their place, and with no other nor elsewhere', async () => {
    const bytes = await wrapMaster(master, 'Grüße 密码', { ...about, cost: cheap });
    const key = decodeKeyObject(bytes, place.name);
    expect(key).toMatchObject({ cost: cheap, note: 'the safe', createdAt: '2026-11-22T15:00:00Z' });
    expect(await unwrapMaster(key, 'Grüße 密码', place)).toEqual(Buffer.from(master));
    expect(await unwrapMaster(key, 'Gru\u0308ße 密码', place)).toEqual(Buffer.from(master));
    expect(await unwrapMaster(key, 'grüße 密码', place)).toBeUndefined();
    expect(await unwrapMaster(key, '', place)).toBeUndefined();
    expect(await unwrapMaster(key, 'Grüße 密码', { ...place, name: 'keys/0.json' })).toBeUndefined();
    expect(await unwrapMaster(key, 'Grüße 密码', { ...place, repository: 'cd'.repeat(16) })).toBeUndefined();
    const wrapped = Uint8Array.from(key.wrapped);
    wrapped[20]! ^= 1;
    expect(await unwrapMaster({ ...key, wrapped }, 'Grüße 密码', place)).toBeUndefined();
  });

  it('are what the design says', async () => {
    const bytes = await wrapMaster(master, 'e\u0301', about);
    const { format, kdf, n, r, p, ...text } = JSON.parse(bytes.toString()) as Record<string, unknown>;
    expect({ format, kdf, n, r, p }).toEqual({ format: 1, kdf: 'scrypt', n: 65536, r: 8, p: 1 });
    const salt = Buffer.from(text['salt'] as string, 'hex');
    const wrapped = Buffer.from(text['wrapped'] as string, 'hex');
    expect([salt.length, wrapped.length]).toEqual([32, 60]);
    const password = Buffer.from('c3a9', 'hex');
    const key = scryptSync(password, salt, 32, { N: 65536, r: 8, p: 1, maxmem: 70_000_000 });
    const decipher = createDecipheriv('aes-256-gcm', key, wrapped.subarray(0, 12));
    decipher.setAAD(Buffer.concat([Buffer.from(`${place.name}\0`), Buffer.alloc(16, 0xab)]));
    decipher.setAuthTag(wrapped.subarray(44));
    const found = Buffer.concat([decipher.update(wrapped.subarray(12, 44)), decipher.final()]);
    expect(found.equals(master)).toBe(true);
  });

  const hex = (size: number) => '5a'.repeat(size);
  const sound = {
    format: 1,
    kdf: 'scrypt',
    n: 65536,
    r: 8,
    p: 1,
    salt: hex(32),
    wrapped: hex(60),
    createdAt: '',
    note: '',
  };

  it.each([
    { n: 2 ** 14 },
    { n: 2 ** 21 },
    { n: 65537 },
    { n: '65536' },
    { n: 1e300 },
    { n: null },
    { r: 7 },
    { r: 17 },
    { r: 8.5 },
    { p: 0 },
    { p: 5 },
    { n: 2 ** 18, r: 8 },
    { n: 2 ** 17, r: 9 },
    { kdf: 'pbkdf2' },
    { salt: hex(31) },
    { salt: `${hex(31)}zz` },
    { wrapped: hex(61) },
    { wrapped: undefined },
    { format: 0 },
  ])('are damaged with %j', (member) => {
    expect(() => decodeKeyObject(encodeSealed({ ...sound, ...member }), place.name)).toThrow(
      expect.objectContaining({ code: 'CORRUPT', message: `"${place.name}" is damaged` }) as Error,
    );
  });

  it('are read at the limits', () => {
    for (const cost of [cheap, { n: 2 ** 17, r: 8, p: 4 }, { n: 2 ** 16, r: 16, p: 1 }]) {
      expect(decodeKeyObject(encodeSealed({ ...sound, ...cost }), place.name).cost).toEqual(cost);
    }
  });

  it('of a newer format are told from damaged ones', () => {
    const newer = encodeSealed({ ...sound, format: 2 });
    const version = expect.objectContaining({ code: 'REPOSITORY_VERSION' }) as Error;
    expect(() => decodeKeyObject(newer, place.name)).toThrow(version);
    newer[20]! ^= 1;
    expect(() => decodeKeyObject(newer, place.name)).toThrow(expect.objectContaining({ code: 'CORRUPT' }) as Error);
  });
});

it('a key check tells one master key and one repository from others', () => {
  const info = Buffer.from('gausskeep key check\0\x01\x01');
  const expected = Buffer.from(hkdfSync('sha256', master, Buffer.alloc(16, 0xab), info, 32)).subarray(0, 16);
  expect(keyCheckOf(master, place.repository)).toBe(expected.toString('hex'));
  expect(keyCheckOf(master, 'cd'.repeat(16))).not.toBe(expected.toString('hex'));
  expect(keyCheckOf(newMasterKey(), place.repository)).not.toBe(expected.toString('hex'));
});
