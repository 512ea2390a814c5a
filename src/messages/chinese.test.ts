import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chinese } from './chinese.ts';
import { english } from './english.ts';

type Texts = Readonly<Record<string, string>>;
const englishTexts: Texts = english;

/** Sentences that are nothing but commands or names: the same in every language. */
const sameInChinese = new Set<string>([
  'backup-help.synopsis',
  'doctor.alter-reload.fix',
  'completion.synopsis',
  'adopt-help.synopsis',
  'copy-help.synopsis',
  'check-help.synopsis',
  'store.probe.synopsis',
  'stats-help.synopsis',
  'stats.head.wal',
  'export-help.synopsis',
  'receive-help.synopsis',
  'receive-help.status.synopsis',
  'expire-help.synopsis',
  'repo-key.synopsis',
  'repo.mark.pin.synopsis',
  'repo.mark.unpin.synopsis',
  'repo.mark.note.synopsis',
  'repo.mark.condemn.synopsis',
  'repo.init.synopsis',
  'repo.list.synopsis',
  'recovery-help.recover.synopsis',
  'recovery-help.resume.synopsis',
  'recovery-help.status.synopsis',
  'restore.help.synopsis',
  'doctor.help.synopsis',
  'verify.help.synopsis',
  'wal-commands.push.synopsis',
  'wal-commands.init.synopsis',
  'wal-commands.get.synopsis',
  'wal-commands.cleanup.synopsis',
  'wal-commands.wrapper.synopsis',
  'wal-commands.generation.synopsis',
  'window.help.synopsis',
  'window.place.xid',
  'target.time-echo',
  'target.time-echo-local',
  'verify.label-damaged',
]);

/** English words that are written large for their weight. */
const loudWords = new Set(['NOT', 'DONE']);

describe('the Chinese catalogue', () => {
  it('has every sentence of the English one and no other', () => {
    expect(Object.keys(chinese).sort()).toEqual(Object.keys(english).sort());
  });

  it('has the files of the English one', () => {
    const areas = (language: string): string[] => readdirSync(new URL(language, import.meta.url)).sort();
    expect(areas('chinese')).toEqual(areas('english'));
  });

  it('has the parameters of the English sentences', () => {
    // A text that only depends on the number (one file, two files) has no use in Chinese.
    const parameters = (text: string): string[] => [...new Set(text.match(/\{[a-zA-Z]+(?::word)?\}/g))].sort();
    const forms = (text: string): string[] => [...text.matchAll(/\{([a-zA-Z]+)\|/g)].map(([, name]) => name ?? '');
    const differing = Object.entries(chinese).filter(([key, text]) => {
      const original = englishTexts[key] ?? '';
      const isSame = parameters(text).join() === parameters(original).join();
      return !isSame || forms(text).some((name) => !forms(original).includes(name));
    });
    expect(differing).toEqual([]);
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
