import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  encodeCancelRequest,
  encodeCopyDataHeader,
  encodeCopyDone,
  encodePassword,
  encodeQuery,
  encodeSaslInitialResponse,
  encodeSaslResponse,
  encodeSslRequest,
  encodeStartup,
  encodeTerminate,
  protocolVersion,
} from './frontend-messages.ts';

const fixtures = join(import.meta.dirname, '../../test/fixtures/opengauss');
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('frontend messages', () => {
  it('make the bytes that a recorded client sent', () => {
    const recorded = readFileSync(join(fixtures, 'auth-ok-sha256-351/conn1.c2s.bin'));
    const parameters = [
      ['user', 'backup'],
      ['database', 'replication'],
      ['replication', 'true'],
      ['application_name', 'og-raw'],
    ] as const;
    const ours = Buffer.concat([
      encodeStartup(protocolVersion.v3_51, parameters),
      encodePassword('ff0664b13e361148cfce301f2fd8ca5d038ad01b56a2cea7581d701ccdc11677'),
      encodeQuery('IDENTIFY_SYSTEM'),
    ]);
    expect(hex(recorded.subarray(0, ours.length))).toBe(hex(ours));
  });

  it.each([
    ['SSLRequest', encodeSslRequest(), '0000000804d2162f'],
    ['CancelRequest', encodeCancelRequest(258, Buffer.from([9, 8, 7, 6])), '0000001004d2162e0000010209080706'],
    ['CopyData', encodeCopyDataHeader(65), '6400000045'],
    ['CopyDone', encodeCopyDone(), '6300000004'],
    ['Terminate', encodeTerminate(), '5800000004'],
    ['SASLInitialResponse', encodeSaslInitialResponse('X', Buffer.from('ab')), '700000000c5800000000026162'],
    ['SASLResponse', encodeSaslResponse(Buffer.from('ab')), '70000000066162'],
    ['UTF-8', encodeQuery('ä'), '5100000007c3a400'],
  ])('encode %s', (_name, bytes, expected) => {
    expect(hex(bytes)).toBe(expected);
  });

  it('refuse a zero byte, without repeating the text', () => {
    expect(() => encodePassword('se\0cret')).toThrow(/^a string of the protocol cannot contain a zero byte$/);
    expect(() => encodeStartup(protocolVersion.v3_0, [['user', 'a\0database']])).toThrow(RangeError);
  });
});
