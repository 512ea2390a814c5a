import { describe, expect, it } from 'vitest';
import {
  encodeCancelRequest,
  encodeCopyDone,
  encodePassword,
  encodeQuery,
  encodeSaslInitialResponse,
  encodeSslRequest,
  encodeStartup,
} from './frontend-messages.ts';
import { traceBackend, traceFrontend } from './trace.ts';

describe('trace', () => {
  it('names what a client sends', () => {
    expect(traceFrontend(encodeSslRequest())).toBe('F\t8\tSSLRequest');
    expect(traceFrontend(encodeQuery('SHOW x'))).toBe('F\t11\tQuery\t"SHOW x"');
    expect(traceFrontend(encodeCopyDone())).toBe('F\t4\tCopyDone');
    expect(traceFrontend(encodeStartup(0x0003_0033, [['user', 'u']]))).toBe('F\t16\tStartupMessage\t3.51\t"user"\t"u"');
  });

  it('never shows a password, a proof or a key', () => {
    const lines = [
      traceFrontend(encodePassword('Secret@1')),
      traceFrontend(encodeSaslInitialResponse('SCRAM-SHA-256', Buffer.from('Secret@1'))),
      traceFrontend(encodeCancelRequest(1, Buffer.from('Secret@1'))),
      traceBackend({ type: 'Authentication', code: 5, body: Buffer.from('Secret@1') }),
      traceBackend({ type: 'BackendKeyData', processId: 7, secretKey: Buffer.from('Secret@1') }),
    ];
    expect(lines.join('\n')).not.toMatch(/Secret|5365637265/i);
    expect(lines[0]).toBe('F\t13\tPasswordMessage\t(hidden)');
  });

  it('shows what a server says, with control characters escaped', () => {
    expect(traceBackend({ type: 'ErrorResponse', fields: { S: 'FATAL', M: 'a\u001b[31m' } })).toBe(
      'B\t-\tErrorResponse\tS "FATAL"\tM "a\\u001b[31m"',
    );
    expect(traceBackend({ type: 'DataRow', values: ['1', null] })).toBe('B\t-\tDataRow\t"1"\tNULL');
    expect(
      traceBackend({ type: 'CopyData', bytes: new Uint8Array(3), first: true, last: false, messageLength: 9 }),
    ).toBe('B\t3\tCopyData\tof 9');
  });
});
