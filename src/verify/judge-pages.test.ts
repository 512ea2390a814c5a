import { describe, expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import { render } from '../messages/message.ts';
import type { ControlFile } from '../server/control-file.ts';
import type { ServerFamily } from '../server/identity.ts';
import { walFormats } from '../wal/formats/formats.ts';
import { lsn } from '../wal/lsn.ts';
import type { WalRecord } from '../wal/wal-record.ts';
import { Findings } from './findings.ts';
import { judgePages, pagesToAskWalFor } from './judge-pages.ts';
import { PageTally } from './page-tally.ts';
import { forEachReplacedPage } from './replaced-pages.ts';

/** A record of PostgreSQL with these bytes behind its header. */
function record(name: string, body: Buffer): WalRecord {
  const format = walFormats.find((one) => one.name === name);
  if (format === undefined) throw new Error(`no format ${name}`);
  const bytes = Buffer.concat([Buffer.alloc(format.header.sizeBytes + 16), body]);
  return {
    format,
    startLsn: lsn(0x5000028n),
    endLsn: lsn(0x5000100n),
    previousLsn: lsn(0n),
    timeline: 1,
    rmid: 10,
    info: 0,
    xid: 0n,
    totalBytes: bytes.length - 16,
    memory: bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    offset: 16,
  };
}

interface Block {
  readonly id: number;
  readonly flags: number;
  readonly image?: { readonly info: number; readonly holeLength: boolean };
  readonly relation?: readonly [number, number, number];
  readonly block: number;
}

function reference({ id, flags, image, relation, block }: Block): Buffer {
  const parts = [Buffer.from([id, flags, 0, 0])];
  if (image !== undefined) parts.push(Buffer.from([0, 1, 0, 0, image.info, ...(image.holeLength ? [9, 9] : [])]));
  const numbers = [...(relation ?? []), block];
  const words = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, index) => words.writeUInt32LE(number, index * 4));
  return Buffer.concat([...parts, words]);
}

function replaced(name: string, body: Buffer): string[] {
  const keys: string[] = [];
  forEachReplacedPage(record(name, body), (key) => keys.push(key));
  return keys;
}

const relation = [1663, 5, 16385] as const;

describe('forEachReplacedPage', () => {
  it('finds images that are applied and pages that are made anew', () => {
    const body = Buffer.concat([
      Buffer.from([0xfc, 1, 0, 0, 0]),
      Buffer.from([0xfd, 1, 0]),
      reference({ id: 0, flags: 0x10, image: { info: 0x02, holeLength: false }, relation, block: 7 }),
      reference({ id: 1, flags: 0x90, image: { info: 0x03 | 0x04, holeLength: true }, block: 8 }),
      reference({ id: 2, flags: 0x90, image: { info: 0x01, holeLength: false }, block: 9 }),
      reference({ id: 3, flags: 0xc0 | 0x02, block: 10 }),
      reference({ id: 4, flags: 0x80, block: 11 }),
      Buffer.from([0xff, 3, 1, 2, 3]),
    ]);
    expect(replaced('PostgreSQL 15', body)).toEqual(['1663/5/16385/0/7', '1663/5/16385/0/8', '1663/5/16385/2/10']);
  });

  it('knows the flags before 15', () => {
    const body = reference({
      id: 0,
      flags: 0x10,
      image: { info: 0x04 | 0x02 | 0x01, holeLength: true },
      relation,
      block: 7,
    });
    expect(replaced('PostgreSQL 14', body)).toEqual(['1663/5/16385/0/7']);
  });

  it('stops at what is cut off or unknown', () => {
    const whole = reference({ id: 0, flags: 0x40, relation, block: 7 });
    for (let length = 0; length < whole.length; length++) {
      expect(replaced('PostgreSQL 15', whole.subarray(0, length))).toEqual([]);
    }
    expect(replaced('PostgreSQL 15', Buffer.concat([Buffer.from([99, 0, 0, 0]), whole]))).toEqual([]);
    expect(replaced('openGauss', whole)).toEqual([]);
  });
});

const path = fromText('base/5/16385');
const startLsn = lsn(0x5000028n);
const complete = { isComplete: true, endLsn: lsn(0x5000200n) };

function judge(
  family: ServerFamily,
  pageLsn: bigint,
  options: { wal?: typeof complete; inWal?: boolean } = {},
): string[] {
  const tally = new PageTally();
  const pages = { ok: 0, bad: 1, empty: 0, partialBytes: 0 };
  const badPages = [{ block: 3, lsn: pageLsn, stored: 0xabc, computed: 0xdef }];
  tally.checked(path, { sizeBytes: 8192, checksum: '', pages, badPages });
  const control = { family } as ControlFile;
  const texts: string[] = [];
  const findings = new Findings({
    onFinding: ({ severity, message }) => texts.push(`${severity}: ${render(message)}`),
    stopAtFirst: false,
  });
  const asked = pagesToAskWalFor(tally, control);
  if (options.inWal === true) asked.delete('1663/5/16385/0/3');
  const count = judgePages({ tally, control, startLsn, wal: options.wal, notReplaced: asked, findings });
  return count > 0 ? [`${count} replaced`, ...texts] : texts;
}

const corrupt =
  'damage: checksum verification failed in file "base/5/16385", block 3: calculated checksum DEF but block contains ABC';

describe('judgePages', () => {
  it('calls an old page of PostgreSQL corrupt when the WAL does not replace it', () => {
    expect(judge('postgresql', 0x4000000n, { wal: complete })).toEqual([corrupt]);
    expect(judge('postgresql', 0x4000000n, { wal: complete, inWal: true })).toEqual(['1 replaced']);
  });

  it('lets replay put a page right that changed during the backup', () => {
    expect(judge('postgresql', 0x5000028n, { wal: complete })).toEqual(['1 replaced']);
    expect(judge('postgresql', 0x5000028n)).toEqual(['1 replaced']);
  });

  it('says what it cannot tell', () => {
    const unproved = /^unproved: whether 1 page of file "base\/5\/16385" is corrupt cannot be told/;
    expect(judge('postgresql', 0x4000000n)[0]).toMatch(unproved);
    expect(judge('postgresql', 0x4000000n, { wal: { ...complete, isComplete: false } })[0]).toMatch(unproved);
    expect(judge('postgresql', 0xffff_ffff_0000_0000n, { wal: complete })[0]).toMatch(unproved);
  });

  it('calls every failing page of openGauss corrupt', () => {
    expect(judge('opengauss', 0x5000100n, { wal: complete, inWal: true })).toEqual([corrupt]);
    expect(judge('opengauss', 0x4000000n)).toEqual([corrupt]);
  });

  it('reports five pages of a file and counts the others', () => {
    const tally = new PageTally();
    const badPages = Array.from({ length: 7 }, (_, block) => ({ block, lsn: 0n, stored: 1, computed: undefined }));
    const pages = { ok: 0, bad: 100, empty: 0, partialBytes: 0 };
    tally.checked(path, { sizeBytes: 100 * 8192, checksum: '', pages, badPages });
    const texts: string[] = [];
    const findings = new Findings({ onFinding: ({ message }) => texts.push(render(message)), stopAtFirst: false });
    const control = { family: 'opengauss' } as ControlFile;
    judgePages({ tally, control, startLsn, wal: undefined, notReplaced: new Set(), findings });
    expect(texts).toHaveLength(6);
    expect(texts[0]).toContain('block 0: the header is empty but the page is not');
    expect(texts[5]).toBe('95 more pages of file "base/5/16385" fail');
    expect(findings.damageCount).toBe(6);
  });
});
