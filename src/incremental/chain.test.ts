import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { parseBackupLabel } from '../wal/backup-label.ts';
import { formatLsn, lsn } from '../wal/lsn.ts';
import { checkChain, type ChainLink } from './chain.ts';

interface Described {
  readonly start: bigint;
  readonly timeline?: number;
  readonly from?: readonly [bigint, number?];
  readonly instance?: bigint | undefined;
}

function link(description: string, { start, timeline = 1, from, instance = 7n }: Described): ChainLink {
  const lines = [
    `START WAL LOCATION: ${formatLsn(lsn(start))} (file 000000010000000000000002)`,
    `CHECKPOINT LOCATION: ${formatLsn(lsn(start + 8n))}`,
    `START TIME: 2026-11-22 00:00:0${String(start % 10n)} UTC`,
    `LABEL: ${description}`,
    `START TIMELINE: ${timeline}`,
    ...(from === undefined
      ? []
      : [`INCREMENTAL FROM LSN: ${formatLsn(lsn(from[0]))}`, `INCREMENTAL FROM TLI: ${from[1] ?? 1}`]),
  ];
  return { description, label: parseBackupLabel(`${lines.join('\n')}\n`), systemIdentifier: instance };
}

function refusal(...links: readonly ChainLink[]): BackupError {
  try {
    checkChain(links);
  } catch (error) {
    if (error instanceof BackupError) return error;
  }
  throw new Error('it was not refused');
}

const full = link('full', { start: 0x2000028n });
const one = link('one', { start: 0x4000028n, from: [0x2000028n] });
const two = link('two', { start: 0x6000028n, from: [0x4000028n] });

describe('a chain of backups (CB-05)', () => {
  it('is a full one and each further one on top of the one before', () => {
    for (const links of [[full], [full, one], [full, one, two]]) expect(() => checkChain(links)).not.toThrow();
  });

  it('may have two branches, of which one is named', () => {
    expect(() => checkChain([full, link('other', { start: 0x7000028n, from: [0x2000028n] })])).not.toThrow();
  });

  it('may cross timelines (CB-03, CB-08)', () => {
    const later = link('later', { start: 0x8000028n, timeline: 2, from: [0x6000028n, 1] });
    expect(() => checkChain([full, one, two, later])).not.toThrow();
    const wrong = refusal(full, one, link('later', { start: 0x8000028n, timeline: 2, from: [0x4000028n, 2] }));
    expect(wrong).toMatchObject({ code: 'BACKUP_NOT_FOUND', sentence: { key: 'incremental.other-timeline' } });
  });

  it('knows an instance only where it is told', () => {
    expect(() => checkChain([{ ...full, systemIdentifier: undefined }, one])).not.toThrow();
  });

  it.each([
    ['an incremental one alone', [one], 'USAGE', 'incremental.first-not-full', 'incremental.missing.hint'],
    ['two incremental ones', [one, two], 'USAGE', 'incremental.first-not-full', 'incremental.missing.hint'],
    ['two full ones', [full, link('f', { start: 0x3000028n })], 'USAGE', 'incremental.full-later', undefined],
    ['a link that is missing', [full, two], 'BACKUP_NOT_FOUND', 'incremental.other-start', 'incremental.missing.hint'],
    ['a wrong order', [full, two, one], 'USAGE', 'incremental.other-start', 'incremental.order.hint'],
    ['the full one last', [one, full], 'USAGE', 'incremental.first-not-full', 'incremental.order.hint'],
    ['one twice', [full, one, one], 'USAGE', 'incremental.twice', 'incremental.twice.hint'],
    ['the full one twice', [full, full], 'USAGE', 'incremental.twice', 'incremental.twice.hint'],
  ] as const)('is not %s', (_, links, code, key, hint) => {
    const found = refusal(...links);
    expect(found.sentence.key).toBe(key);
    if (hint !== undefined) expect(found.hint?.key).toBe(hint);
    expect(found.code).toBe(code);
  });

  it('is not of two instances, and says which', () => {
    const found = refusal(full, link('other', { start: 0x4000028n, from: [0x2000028n], instance: 8n }));
    expect(found.code).toBe('SYSTEM_MISMATCH');
    expect(found.message).toBe('the backup "other" is of instance 8, but "full" is of instance 7');
  });

  it('names the position that is missing', () => {
    const found = refusal(full, two);
    expect(found.message).toBe(
      'the backup "full" starts at LSN 0/2000028, but "two" builds on one that starts at LSN 0/4000028',
    );
    expect(found.hint?.parameters).toEqual({ backup: 'two', lsn: '0/4000028', timeline: 1 });
  });
});
