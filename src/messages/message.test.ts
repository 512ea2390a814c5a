import { describe, expect, it } from 'vitest';
import { english } from './english.ts';
import { render, say } from './message.ts';

const texts = Object.entries<string>(english);

describe('a sentence', () => {
  it('has a singular and a plural', () => {
    const values = { first: 'A', last: 'B', timeline: 1, lsn: '0/1' };
    expect(render(say('window.break.missing', { first: 'A', last: 'B', count: 1 }))).toBe(
      'missing: A to B (1 segment)',
    );
    expect(render(say('restore-recovery.wal', { ...values, count: 2 }))).toContain(': 2 segments on timeline 1');
    expect(render(say('recovery.prepared-lost', { count: 1, list: 'x' }))).toContain(
      '1 prepared transaction that was ',
    );
  });

  it('names a path as a word of the command in which it stands', () => {
    const hint = (path: string): string => render(say('recovery.running.hint', { path }));
    expect(hint('/data/pg 17')).toContain("gausskeep status --pgdata '/data/pg 17'");
    expect(hint("/it's")).toContain("--pgdata '/it'\\''s'");
    expect(hint('/plain-1/x')).toContain('--pgdata /plain-1/x');
    expect(hint('/a\nb')).toContain("--pgdata '/a\\x0ab'");
  });
});

describe('a sentence within a sentence', () => {
  const inner = say('window.end-of-wal');
  const outer = say('common.internal', { reason: inner });

  it('is said in the language of the whole', () => {
    expect(render(outer)).toBe(`internal error: ${render(inner)}`);
    const catalogue = { 'common.internal': '内部错误：{reason}', 'window.end-of-wal': 'WAL 的终点' };
    expect(render(outer, catalogue)).toBe('内部错误：WAL 的终点');
    const list = { items: [inner, 'x\u0007'], separator: '; ' };
    expect(render(say('common.internal', { reason: list }), catalogue)).toBe('内部错误：WAL 的终点; x\\x07');
  });

  it('has one line, unless the whole may have several', () => {
    const lines = say('common.server-text', { lines: 'a\n b' });
    expect(render(say('common.internal', { reason: lines }))).toBe('internal error: a b');
    expect(render(say('connection.failed-several', { lines }))).toBe('a\n b');
  });
});

describe('the catalogue', () => {
  it('counts nothing in the plural only', () => {
    // Sizes and limits are never 1; of a list it is not known how many are in it.
    const numbers = 'count|files|commits|aborts|segments|removed|pages|more';
    const plain = new RegExp(`\\{(?:${numbers})\\} (?:[a-z]+ ){0,2}?[a-z]+s\\b`);
    expect(texts.filter(([, text]) => plain.test(text)).map(([key]) => key)).toEqual([]);
  });

  it('quotes every value that stands in a command', () => {
    const inCommand =
      /(?:gausskeep|gs_ctl|gs_guc|pg_ctl|chown|chmod)(?: [a-z:-]+| -{1,2}[A-Za-z-]+)* \{(?:path|directory|archive)\}/;
    const option = / (?:-D|--pgdata|--archive|--from|--bindir) \{[a-zA-Z]+\}/;
    const isPlain = (text: string): boolean => inCommand.test(text) || option.test(text);
    expect(texts.filter(([, text]) => isPlain(text)).map(([key]) => key)).toEqual([]);
  });

  it('has no brace that is no parameter', () => {
    const left = (text: string): string => text.replace(/\{[a-zA-Z]+(?::word|\|[^|{}]*\|[^|{}]*)?\}/g, '');
    expect(texts.filter(([, text]) => /[{}]/.test(left(text))).map(([key]) => key)).toEqual([]);
  });
});
