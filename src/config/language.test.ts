import { describe, expect, it } from 'vitest';
import { languageIn, languageOf } from './language.ts';

describe('the language of a process', () => {
  it.each([
    [{}, 'en'],
    [{ LANG: 'zh_CN.UTF-8' }, 'zh'],
    [{ LANG: 'zh_CN' }, 'zh'],
    [{ LANG: 'zh_TW.utf8@radical' }, 'zh'],
    [{ LANG: 'zh' }, 'zh'],
    [{ LANG: 'de_DE.UTF-8' }, 'en'],
    [{ LANG: 'zh_CN.UTF-8', LC_MESSAGES: 'en_US.UTF-8' }, 'en'],
    [{ LANG: 'en_US.UTF-8', LC_MESSAGES: 'zh_CN.UTF-8' }, 'zh'],
    [{ LANG: 'zh_CN.UTF-8', LC_MESSAGES: 'zh_CN.UTF-8', LC_ALL: 'C' }, 'en'],
    [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'C.UTF-8' }, 'en'],
    [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'POSIX' }, 'en'],
    [{ LANG: 'zh_CN.UTF-8', LC_ALL: '', LC_MESSAGES: '' }, 'zh'],
    // What is written is UTF-8.
    [{ LANG: 'zh_CN.GB18030' }, 'en'],
    [{ LANG: 'zh_CN.GBK' }, 'en'],
    [{ LANG: 'zh_CN.GBK', LC_MESSAGES: 'zh_CN.UTF-8' }, 'en'],
    [{ LANG: 'zh_CN.UTF-8', LC_CTYPE: 'zh_CN.GBK' }, 'en'],
    // As gettext has it.
    [{ LANG: 'en_US.UTF-8', LANGUAGE: 'zh_CN:en' }, 'zh'],
    [{ LANG: 'zh_CN.UTF-8', LANGUAGE: 'fr:en:zh' }, 'en'],
    [{ LANG: 'zh_CN.UTF-8', LANGUAGE: 'fr' }, 'zh'],
    [{ LANG: 'C', LANGUAGE: 'zh_CN' }, 'en'],
    [{ LANGUAGE: 'zh_CN' }, 'en'],
  ])('%j: %s', (environment, language) => {
    expect(languageOf(undefined, environment)).toBe(language);
  });

  it('is what was told, whatever the locale', () => {
    expect(languageOf('zh', { LC_ALL: 'C' })).toBe('zh');
    expect(languageOf('en', { LANG: 'zh_CN.UTF-8' })).toBe('en');
  });

  it.each([
    [['--lang', 'zh'], 'zh'],
    [['verify', '--nope', '--lang=zh'], 'zh'],
    [['--lang=zh', '--lang', 'en'], 'en'],
    [['--lang=fr'], undefined],
    [['--lang'], undefined],
    [['--', '--lang=zh'], undefined],
    [[], undefined],
  ])('is read from the words %j, sound or not', (words, language) => {
    expect(languageIn(words)).toBe(language);
  });
});
