import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import type { BackendMessage } from './backend-messages.ts';
import { FrameDecoder } from './frame-decoder.ts';

const fixtures = join(import.meta.dirname, '../../test/fixtures/opengauss');

/** One message as the protocol frames it. */
function frame(type: string, body: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, 'latin1');
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

/** Everything that the decoder makes of `stream` in chunks of `chunkLength`; pieces of one CopyData are joined and checked. */
function decodeAll(stream: Uint8Array, chunkLength: number): BackendMessage[] {
  const decoder = new FrameDecoder();
  const messages: BackendMessage[] = [];
  let pieces: Buffer[] = [];
  for (let start = 0; start < stream.length; start += chunkLength) {
    decoder.push(Buffer.from(stream.subarray(start, start + chunkLength)));
    for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
      if (message.type !== 'CopyData') {
        messages.push(message);
        continue;
      }
      // Plain checks: an `expect` for each of a million pieces takes minutes.
      if (message.first !== (pieces.length === 0)) throw new TypeError('wrong mark of a first piece');
      if (message.bytes.length === 0 && message.messageLength > 0) throw new TypeError('empty piece');
      pieces.push(Buffer.from(message.bytes));
      if (!message.last) continue;
      const bytes = Buffer.concat(pieces);
      if (bytes.length !== message.messageLength) throw new TypeError('pieces do not make the message');
      messages.push({ ...message, first: true, bytes });
      pieces = [];
    }
    if (!decoder.drained) throw new TypeError('a chunk was left over');
  }
  return messages;
}

/** A hash of messages, to compare long sequences of them quickly. */
function fingerprint(messages: readonly BackendMessage[]): string {
  const hash = createHash('sha256');
  for (const message of messages) {
    if (message.type !== 'CopyData') hash.update(JSON.stringify(message));
    else hash.update(`CopyData ${message.messageLength} `).update(message.bytes);
  }
  return `${messages.length} ${hash.digest('hex')}`;
}

/** Recorded sessions that are not encrypted; a native client's begins with the answer to SSLRequest. */
function recordings(): { readonly name: string; readonly bytes: Buffer }[] {
  return ['.', 'commands', 'interrupted']
    .flatMap((group) => readdirSync(join(fixtures, group), { withFileTypes: true }).map((entry) => ({ group, entry })))
    .filter(({ entry }) => entry.isDirectory())
    .map(({ group, entry }) => join(group, entry.name))
    .filter((name) => !name.startsWith('auth-tls'))
    .flatMap((name) => {
      const files = readdirSync(join(fixtures, name), { withFileTypes: true });
      return files
        .filter((file) => /^conn\d+\.s2c\.bin\.gz$/.test(file.name))
        .map((file) => {
          const bytes = gunzipSync(readFileSync(join(fixtures, name, file.name)));
          return {
            name: join(name, file.name),
            bytes: bytes[0] === 0x4e && bytes[1] !== 0 ? bytes.subarray(1) : bytes,
          };
        });
    });
}

describe('FrameDecoder', () => {
  it('splits every recorded openGauss session into the same messages at any chunk size', () => {
    const all = recordings();
    expect(all.length).toBeGreaterThan(60);
    for (const { name, bytes } of all) {
      const whole = fingerprint(decodeAll(bytes, bytes.length));
      for (const chunkLength of bytes.length < 20_000 ? [1, 2, 3, 7, 4096] : [1021, 65_536]) {
        expect(fingerprint(decodeAll(bytes, chunkLength)), `${name} in chunks of ${chunkLength}`).toBe(whole);
      }
      expect(whole.startsWith('0 ')).toBe(bytes.length === 0);
    }
  });

  it('reads a recorded login message by message', () => {
    const bytes = gunzipSync(readFileSync(join(fixtures, 'auth-ok-sha256-351/conn1.s2c.bin.gz')));
    const messages = decodeAll(bytes, 50);
    expect(messages[0]).toMatchObject({ type: 'Authentication', code: 10 });
    expect(messages[1]).toMatchObject({ type: 'Authentication', code: 0 });
    expect(messages).toContainEqual({ type: 'ParameterStatus', name: 'server_version', value: '9.2.4' });
    expect(messages).toContainEqual({ type: 'ReadyForQuery', status: 'I' });
    expect(messages.find(({ type }) => type === 'RowDescription')).toEqual({
      type: 'RowDescription',
      columns: [
        { name: 'systemid', typeOid: 25 },
        { name: 'timeline', typeOid: 23 },
        { name: 'xlogpos', typeOid: 25 },
        { name: 'dbname', typeOid: 25 },
      ],
    });
    const row = messages.find((message) => message.type === 'DataRow');
    expect(row?.values[0]).toBe('215046882207068335');
    expect(row?.values[3]).toBeNull();
  });

  it('hands CopyData out as views into the chunk, without joining', () => {
    const stream = frame('d', Buffer.from('abcdef'));
    const decoder = new FrameDecoder();
    const [head, tail] = [stream.subarray(0, 8), stream.subarray(8)];
    decoder.push(head);
    const first = decoder.next();
    expect(first).toMatchObject({ type: 'CopyData', first: true, last: false, messageLength: 6 });
    expect(first?.type === 'CopyData' && first.bytes.buffer === head.buffer).toBe(true);
    expect(decoder.next()).toBeUndefined();
    expect(decoder.betweenMessages).toBe(false);
    decoder.push(tail);
    expect(decoder.next()).toMatchObject({ first: false, last: true, bytes: Buffer.from('def') });
    expect(decoder.betweenMessages).toBe(true);
  });

  it('gives one empty piece for an empty CopyData, also at the end of a chunk', () => {
    for (const chunkLength of [1, 5, 100]) {
      const messages = decodeAll(
        Buffer.concat([frame('d', Buffer.alloc(0)), frame('c', Buffer.alloc(0))]),
        chunkLength,
      );
      expect(messages).toMatchObject([
        { type: 'CopyData', first: true, last: true, messageLength: 0 },
        { type: 'CopyDone' },
      ]);
    }
  });

  it('accepts CopyData of 1 GiB and nothing longer', () => {
    const header = (length: number) => {
      const bytes = Buffer.from('d\0\0\0\0x');
      bytes.writeUInt32BE(length + 4, 1);
      return bytes;
    };
    const decoder = new FrameDecoder();
    decoder.push(header(0x4000_0000));
    expect(decoder.next()).toMatchObject({ first: true, last: false, messageLength: 0x4000_0000 });
    expect(() => decodeAll(header(0x4000_0001), 6)).toThrow('more than the 1073741824 that are allowed');
  });

  it.each([
    ['a length below 4', Buffer.from('Z\0\0\0\x03'), 'a ReadyForQuery message with the invalid length 3'],
    ['an unknown type', Buffer.from('!\0\0\0\x04'), 'unknown type 0x21'],
    ['a message that is too long', Buffer.from('S\x00\x10\x00\x05'), 'ParameterStatus message of 1048577 bytes'],
    ['bytes left over', frame('Z', Buffer.from('Ix')), 'malformed ReadyForQuery message: 1 bytes left over of 2'],
    ['a string without end', frame('C', Buffer.from('SELECT')), 'malformed CommandComplete message'],
    ['a field behind the end', frame('D', Buffer.from([0, 1, 0, 0, 0, 9, 65])), 'malformed DataRow message'],
    ['a negative length of a field', frame('D', Buffer.from([0, 1, 255, 255, 255, 254])), 'malformed DataRow message'],
    ['an HTTP server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'CopyOutResponse message of'],
  ])('refuses %s', (_what, bytes, text) => {
    expect(() => decodeAll(bytes, bytes.length)).toThrow(text);
    try {
      decodeAll(bytes, 1);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'PROTOCOL_VIOLATION', message: expect.stringContaining(text) as string });
    }
  });

  it('reads the version that PostgreSQL offers as it is sent, with the major version in it', () => {
    const body = Buffer.concat([Buffer.from([0, 3, 0, 2, 0, 0, 0, 1]), Buffer.from('_pq_.x\0')]);
    expect(decodeAll(frame('v', body), 4)).toEqual([
      { type: 'NegotiateProtocolVersion', newestMinor: 2, unrecognized: ['_pq_.x'] },
    ]);
  });

  it('keeps long secret keys of protocol 3.2', () => {
    const body = Buffer.concat([Buffer.from([0, 0, 1, 0]), Buffer.alloc(32, 7)]);
    expect(decodeAll(frame('K', body), 9)).toEqual([
      { type: 'BackendKeyData', processId: 256, secretKey: new Uint8Array(32).fill(7) },
    ]);
  });

  it('splits any sequence of messages the same way whatever the chunks are', () => {
    const message = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((body) => frame('d', body)),
      fc
        .array(
          fc.string({ maxLength: 5 }).map((text) => text.replaceAll('\0', '')),
          { maxLength: 4 },
        )
        .map((values) => {
          const fields = values.map((value) => {
            const text = Buffer.from(value);
            const length = Buffer.alloc(4);
            length.writeInt32BE(text.length);
            return Buffer.concat([length, text]);
          });
          return frame('D', Buffer.concat([Buffer.from([0, values.length]), ...fields]));
        }),
      fc.constant(frame('Z', Buffer.from('I'))),
      fc.constant(frame('E', Buffer.from('SFATAL\0C28P01\0Mno\0\0'))),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), (parts, chunkLength) => {
        const stream = Buffer.concat(parts);
        const messages = decodeAll(stream, chunkLength);
        expect(messages).toHaveLength(parts.length);
        expect(messages).toEqual(decodeAll(stream, Math.max(1, stream.length)));
      }),
    );
  });

  it('ends with messages, a wait for more or a typed error on any bytes', () => {
    const letters = Array.from('RKCWGHcDIEvASZTdN', (letter) => letter.charCodeAt(0));
    const nearlyFrame = fc
      .tuple(fc.constantFrom(...letters), fc.integer({ min: 0, max: 40 }), fc.uint8Array({ maxLength: 40 }))
      .map(([type, length, body]) => Buffer.from([type, 0, 0, 0, length, ...body]));
    const input = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(nearlyFrame, { maxLength: 5 }).map((all) => Buffer.concat(all)),
    );
    fc.assert(
      fc.property(input, fc.integer({ min: 1, max: 20 }), (bytes, chunkLength) => {
        try {
          decodeAll(bytes, chunkLength);
        } catch (error) {
          expect(error).toBeInstanceOf(BackupError);
          expect(error).toMatchObject({ code: 'PROTOCOL_VIOLATION' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
