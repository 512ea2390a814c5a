import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { endOfTar } from './encode-member.ts';
import { MemberFollower } from './follow-members.ts';
import type { Member } from './member.ts';
import { encodeMembers, memberOf } from './rewrite-members.ts';

function file(name: string, size: number): Member {
  const header = { name: fromText(name), type: 'file', mode: 0o600, mtime: 1, linkName: '' as ByteString } as const;
  return memberOf(header, Buffer.alloc(size, 7));
}

async function archive(sizes: readonly number[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  async function* members(): AsyncGenerator<Member> {
    for (const [index, size] of sizes.entries()) yield await Promise.resolve(file(`f${index}`, size));
  }
  for await (const piece of encodeMembers(members())) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

function follow(bytes: Buffer, pieceSize: number, terminated = true): string[] {
  const seen: string[] = [];
  const follower = new MemberFollower(({ name, size }) => seen.push(`${name}:${size}`));
  for (let at = 0; at < bytes.length; at += pieceSize) follower.push(bytes.subarray(at, at + pieceSize));
  follower.end(terminated);
  return seen;
}

describe('MemberFollower', () => {
  it('sees every member with its size, at any piece size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 5 }),
        fc.integer({ min: 1, max: 3000 }),
        async (sizes, pieceSize) => {
          const bytes = await archive(sizes);
          const expected = sizes.map((size, index) => `f${index}:${size}`);
          expect(follow(bytes, pieceSize)).toEqual(expected);
          expect(follow(bytes.subarray(0, bytes.length - endOfTar.length), pieceSize, false)).toEqual(expected);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses damage, an end within a member, a missing end mark, and what follows the end', async () => {
    const bytes = await archive([600, 10]);
    const damaged = Buffer.from(bytes);
    damaged[1536 + 3] = 0x7a;
    expect(() => follow(damaged, 100)).toThrow(/checksum/);
    expect(() => follow(bytes.subarray(0, 900), 100)).toThrow(/f0/);
    expect(() => follow(bytes.subarray(0, bytes.length - 1024), 100)).toThrow(/end/);
    expect(() => follow(Buffer.concat([bytes, bytes]), 100)).toThrow();
  });
});
