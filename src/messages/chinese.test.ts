import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chinese } from './chinese.ts';
import { english } from './english.ts';

const areas = readdirSync(new URL('english', import.meta.url));
/** Areas that nobody has translated yet. */
const missing = areas.filter((file) => !readdirSync(new URL('chinese', import.meta.url)).includes(file));

type Texts = Readonly<Record<string, string>>;
const englishTexts: Texts = english;

async function englishTextsOf(file: string): Promise<Texts> {
  const exported = (await import(new URL(`english/${file}`, import.meta.url).pathname)) as Record<string, Texts>;
  return Object.assign({}, ...Object.values(exported)) as Texts;
}

/** Sentences that are nothing but commands or names: the same in every language. */
const sameInChinese = new Set<string>([
  'receive-help.synopsis',
  'receive-help.status.synopsis',
  'recovery-help.recover.synopsis',
  'recovery-help.resume.synopsis',
  'recovery-help.status.synopsis',
  'restore.help.synopsis',
  'verify.help.synopsis',
  'wal-commands.push.synopsis',
  'wal-commands.init.synopsis',
  'wal-commands.get.synopsis',
  'wal-commands.cleanup.synopsis',
  'wal-commands.wrapper.synopsis',
  'wal-commands.generation.synopsis',
  'window.help.synopsis',
  'target.time-echo',
  'target.time-echo-local',
  'verify.label-damaged',
]);

/** English words that are written large for their weight. */
const loudWords = new Set(['NOT', 'DONE']);

describe('the Chinese catalogue', () => {
  it('has every sentence of the English one and no other', async () => {
    const untranslated = await Promise.all(missing.map(englishTextsOf));
    const left = new Set(untranslated.flatMap((texts) => Object.keys(texts)));
    const expected = Object.keys(english).filter((key) => !left.has(key));
    expect(Object.keys(chinese).sort()).toEqual(expected.sort());
  });

  it.each(Object.entries(chinese))('%s has the parameters of the English sentence', (key, text) => {
    const original = englishTexts[key] ?? '';
    // A text that only depends on the number (one file, two files) has no use in Chinese.
    const values = (sentence: string): string[] =>
      [...new Set([...sentence.matchAll(/\{([a-zA-Z]+(?::word)?)\}/g)].map(([whole]) => whole))].sort();
    expect(values(text)).toEqual(values(original));
    const forms = [...text.matchAll(/\{([a-zA-Z]+)\|/g)].map(([, name]) => name);
    for (const name of forms) expect(original).toContain(`{${name}|`);
  });

  it('is Chinese', () => {
    const words = (text: string): string => text.replace(/\{[a-zA-Z]+(?::word|\|[^|{}]*\|[^|{}]*)?\}/g, '');
    const plain = Object.entries(chinese).filter(
      ([, text]) => /[a-z]/i.test(words(text)) && !/\p{Script=Han}/u.test(text),
    );
    expect(plain.map(([key]) => key).filter((key) => !sameInChinese.has(key))).toEqual([]);
  });

  it('names every option, setting and function that the English sentence names', () => {
    const names = (text: string): Set<string> =>
      new Set(text.match(/(?<![\w{-])--[a-z][a-z-]*[a-z]|\b[a-zA-Z]+(?:_[a-zA-Z]+)+\b|\b[A-Z]{2,}\d*\b/g));
    const lost = Object.entries(chinese).flatMap(([key, text]) => {
      const own = names(text);
      return [...names(englishTexts[key] ?? '')]
        .filter((name) => !own.has(name) && !loudWords.has(name))
        .map((name) => `${key}: ${name}`);
    });
    expect(lost).toEqual([]);
  });

  it('has no brace that is no parameter', () => {
    const left = (text: string): string => text.replace(/\{[a-zA-Z]+(?::word|\|[^|{}]*\|[^|{}]*)?\}/g, '');
    expect(
      Object.entries(chinese)
        .filter(([, text]) => /[{}]/.test(left(text)))
        .map(([key]) => key),
    ).toEqual([]);
  });
});
