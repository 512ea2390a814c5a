import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import { createRing, RingWriter } from '../bytes/record-ring.ts';
import { serveWriting } from './serve-writing.ts';
import { encodeOpening, writing, type WritingReport } from './writing-thread.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gausskeep-writing-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const nothing = new Uint8Array(0);

type Put = (type: number, bytes?: Uint8Array, value?: number) => void;

/** Everything lies in the ring before it is served, so that the thread of the test never waits. */
function filled(fill: (put: Put) => void) {
  const ring = createRing(1024 * 1024);
  const writer = new RingWriter(ring);
  fill((type, bytes = nothing, value = 0) => expect(writer.put(type, value, bytes)).toBe(true));
  return { ring, writer };
}

function open(put: Put, name: string, bits: number): void {
  const [value, bytes] = encodeOpening({ path: fromText(join(directory, name)), root: fromText(directory) }, bits);
  put(writing.open, bytes, value);
}

describe.each([undefined, 'fsync', 'syncfs'] as const)('the writing thread (sync %s)', (sync) => {
  it('makes the files with their modes, and sums what is content', async () => {
    const big = new Uint8Array(100_000).fill(7);
    const { ring } = filled((put) => {
      open(put, 'one', 0o640);
      put(writing.other, Buffer.from('header'));
      put(writing.content, Buffer.from('small'));
      put(writing.content, big);
      put(writing.endContent);
      put(writing.other, Buffer.from('between'));
      put(writing.endContent);
      put(writing.close);
      open(put, 'empty', 0o600);
      put(writing.close);
      put(writing.finish);
    });
    const reports: WritingReport[] = [];
    await serveWriting({ ring, algorithm: 'SHA256', sync }, (report) => reports.push(report));
    const content = Buffer.concat([Buffer.from('small'), big]);
    const whole = Buffer.concat([Buffer.from('header'), content, Buffer.from('between')]);
    expect(readFileSync(join(directory, 'one')).equals(whole)).toBe(true);
    expect(statSync(join(directory, 'one')).mode & 0o777).toBe(0o640);
    expect(statSync(join(directory, 'empty'))).toMatchObject({ size: 0 });
    const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    const sums = reports.flatMap((report) => (report.type === 'sums' ? report.sums : []));
    expect(sums).toEqual([hash(content), hash(nothing)]);
    expect(reports.at(-1)).toEqual({ type: 'finished' });
  });

  it('tells the failure at once, and drops what comes behind it', async () => {
    writeFileSync(join(directory, 'taken'), 'mine');
    const { ring, writer } = filled((put) => {
      open(put, 'taken', 0o600);
      put(writing.content, Buffer.from('theirs'));
      put(writing.close);
      open(put, 'later', 0o600);
      put(writing.close);
      put(writing.finish);
    });
    const reports: WritingReport[] = [];
    await serveWriting({ ring, algorithm: undefined, sync }, (report) => {
      reports.push(report);
      // As the other side does when it hears of it.
      if (report.type === 'failed') writer.stop();
    });
    expect(reports).toEqual([{ type: 'failed', error: expect.objectContaining({ code: 'OBJECT_EXISTS' }) as object }]);
    expect(readFileSync(join(directory, 'taken'), 'utf8')).toBe('mine');
    expect(() => statSync(join(directory, 'later'))).toThrow(/ENOENT/);
  });
});
