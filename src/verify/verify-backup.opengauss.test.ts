import { copyFileSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeShared, readConnection, sharedRoot } from '../../test/support/opengauss/recordings.ts';
import { render } from '../messages/message.ts';
import type { VerifyReport } from './report.ts';
import { reportError } from './report.ts';
import { verifyBackup } from './verify-backup.ts';

/** The archives of a backup that the original gs_basebackup took of a live openGauss, as it stores them: byte for byte. */
function storeArchives(directory: string): void {
  const names = ['16421.tar', '16422.tar', 'base.tar'];
  let file: number | undefined;
  for (const { type, body } of readConnection(join(sharedRoot, 'basebackup-tar-fetch'), 1).received) {
    if (type === 'H') file = openSync(join(directory, names.shift() ?? 'more'), 'w');
    else if (type === 'd' && file !== undefined) writeSync(file, body);
    else if (type === 'c' && file !== undefined) closeSync(file);
  }
}

async function verify(path: string): Promise<{ report: VerifyReport; texts: string[] }> {
  const texts: string[] = [];
  const report = await verifyBackup(
    { path },
    {
      signal: new AbortController().signal,
      onEvent: (event) => {
        if (event.type === 'finding') texts.push(render(event.finding.message));
      },
    },
  );
  return { report, texts };
}

describeShared('verifyBackup on a backup of the original gs_basebackup', () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'gausskeep-verify-'));
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('proves all but what only a manifest could prove', async () => {
    storeArchives(home);
    const { report, texts } = await verify(home);
    expect(texts).toEqual([expect.stringMatching(/^the backup has no manifest/)]);
    expect(report).toMatchObject({
      format: 'tar',
      verdict: 'partial',
      family: 'opengauss',
      files: 1981,
      pages: { notJudged: undefined, ok: 6430, empty: 130, failing: 0, unjudgedFiles: { columnStore: 2 } },
      wal: { isComplete: true },
    });
    expect(reportError(report)?.code).toBe('PARTIAL');
  });

  it('finds one changed byte of a page, whatever its LSN, and a tablespace that is gone', async () => {
    const base = join(home, 'base.tar');
    const bytes = readFileSync(base);
    const page = bytes.indexOf('global/14719\0') + 2560;
    bytes[page + 4000] = bytes[page + 4000]! ^ 1;
    const damaged = mkdtempSync(join(home, 'damaged-'));
    const file = openSync(join(damaged, 'base.tar'), 'w');
    writeSync(file, bytes);
    closeSync(file);
    copyFileSync(join(home, '16421.tar'), join(damaged, '16421.tar'));
    const { report, texts } = await verify(damaged);
    expect(report.verdict).toBe('damaged');
    expect(texts).toContain('tablespace 16422 is in tablespace_map but not in the backup');
    expect(texts).toContainEqual(
      expect.stringMatching(/^checksum verification failed in file "global\/14719", block 0: calculated checksum/),
    );
    expect(reportError(report)?.code).toBe('CORRUPT');
  });
});
