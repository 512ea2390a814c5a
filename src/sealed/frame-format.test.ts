import { createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { namesOf, pieces, readAll } from '../../test/contract/storage.contract.ts';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import { framedStorage } from './framed-storage.ts';

// What is stored, read by the words of docs/design/repository.md alone.

const master = Buffer.from('0123456789abcdef'.repeat(4), 'hex');
const repository = '00112233445566778899aabbccddeeff';
const clear = Buffer.alloc(70_000, 'gausskeep ');
const number = (value: number) => Buffer.from(value.toString(16).padStart(16, '0'), 'hex');

async function stored(protection: Parameters<typeof framedStorage>[1]) {
  const inner = new MemoryStorage();
  await framedStorage(inner, protection).put('instances/orders', pieces(clear, 999));
  const [name] = await namesOf(inner);
  return { name: name!, bytes: await readAll(inner, name!) };
}

it('checksums: header, pieces, sums', async () => {
  const { name, bytes } = await stored({ kind: 'checksums', repository });
  expect(name).toBe('instances/orders');
  const header = bytes.subarray(0, 24);
  expect(header.subarray(0, 8).toString('hex')).toBe('474b534f01020000');
  const frames = [bytes.subarray(24, 24 + 65_552), bytes.subarray(24 + 65_552)];
  expect(Buffer.concat(frames.map((frame) => frame.subarray(0, -16))).equals(clear)).toBe(true);
  for (const [index, frame] of frames.entries()) {
    const place = [header, Buffer.from(repository, 'hex'), Buffer.of(index), number(index)];
    const covered = Buffer.concat([...place, Buffer.from('instances/orders\0'), frame.subarray(0, -16)]);
    const sum = createHash('sha256').update(covered).digest().subarray(0, 16);
    expect(frame.subarray(-16).equals(sum)).toBe(true);
  }
});

it('encrypted: key, nonces, tags', async () => {
  const { bytes } = await stored({ kind: 'encrypted', master });
  expect(bytes.subarray(0, 8).toString('hex')).toBe('474b534f01010000');
  const info = 'gausskeep object\0instances/orders';
  const key = new Uint8Array(hkdfSync('sha256', master, bytes.subarray(8, 24), info, 32));
  const frames = [bytes.subarray(24, 24 + 65_552), bytes.subarray(24 + 65_552)];
  const opened = frames.map((frame, index) => {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.concat([Buffer.of(0, 0, 0, index), number(index)]));
    decipher.setAAD(bytes.subarray(0, 8)).setAuthTag(frame.subarray(-16));
    return Buffer.concat([decipher.update(frame.subarray(0, -16)), decipher.final()]);
  });
  expect(Buffer.concat(opened).equals(clear)).toBe(true);
});

it('encrypted: names', async () => {
  const { name } = await stored({ kind: 'encrypted', master });
  const keyFor = (info: string) => new Uint8Array(hkdfSync('sha256', master, '', info, 32));
  const digits = '0123456789abcdefghijklmnopqrstuv';
  const parts = name.split('/').map((part) => {
    const bits = Array.from(part, (digit) => digits.indexOf(digit).toString(2).padStart(5, '0')).join('');
    return Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
  });
  const folders = ['', 'instances/'];
  const clearParts = parts.map((bytes, index) => {
    const iv = bytes.subarray(0, 16);
    const padded = createDecipheriv('aes-256-ctr', keyFor('gausskeep names'), iv).update(bytes.subarray(16));
    const part = padded.toString().replace(/\0+$/, '');
    const mac = createHmac('sha256', keyFor('gausskeep names mac')).update(`${folders[index]!}\0${part}`).digest();
    expect(mac.subarray(0, 16).equals(iv)).toBe(true);
    expect(padded.length % 16).toBe(0);
    return part;
  });
  expect(clearParts).toEqual(['instances', 'orders']);
});
