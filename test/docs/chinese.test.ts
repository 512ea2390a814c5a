import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../support/project.ts';
import { fencesOf, readPage } from './pages.ts';

/** The English page and its translation. The English one is run (guide.test.ts), this one only compared with it. */
const pairs = [
  ['README.md', 'README.zh.md'],
  ...readdirSync(join(projectRoot, 'docs/guide/zh')).map((name) => [`docs/guide/${name}`, `docs/guide/zh/${name}`]),
].map(([english = '', chinese = '']) => ({ english, chinese }));

/** Of a section, all that is the same in both languages. Order counts within blocks only: sentences put their words elsewhere. */
interface Section {
  readonly level: number;
  /** What has to be there in this order: fences with their language and marks, indented blocks. */
  readonly blocks: readonly string[];
  /** Names of options, files and settings, messages: what stands in backquotes. */
  readonly names: readonly string[];
  readonly numbers: readonly string[];
  readonly links: readonly string[];
  readonly rows: number;
  readonly items: number;
}

interface TitledSection extends Section {
  readonly title: string;
}

function sectionsOf(path: string): TitledSection[] {
  const sections: { title: string; level: number; lines: string[] }[] = [];
  let fenced = false;
  for (const line of readPage(path).text.split('\n')) {
    if (line.startsWith('```')) fenced = !fenced;
    const heading = fenced ? null : /^(#+) (.*)$/.exec(line);
    if (heading !== null) sections.push({ title: heading[2] ?? '', level: heading[1]?.length ?? 0, lines: [] });
    // A quotation is a word of the translator to the reader: no English page has one.
    else if (fenced || !line.startsWith('> ')) sections.at(-1)?.lines.push(line);
  }
  return sections.map(({ title, level, lines }) => ({ title, ...contentOf(path, level, lines.join('\n')) }));
}

function contentOf(path: string, level: number, text: string): Section {
  const prose = text.replaceAll(/^```.*\n(?:(?!```).*\n)*```$/gm, '');
  const lines = prose.split('\n');
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => linkedFrom(path, target));
  const spans = [...prose.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  const words = prose
    .replaceAll(/^ {4}.*$/gm, '')
    .replaceAll(/`[^`]+`/g, '')
    .replaceAll(/\]\([^)\s]+\)/g, '');
  return {
    level,
    blocks: [
      ...fencesOf(text, path).map(
        ({ language, words: marks, text: block }) => `${[language, ...marks].join(' ')}\n${block}`,
      ),
      ...lines.filter((line) => line.startsWith('    ')),
    ],
    names: spans.sort(),
    numbers: (words.match(/\d+(?:\.\d+)*/g) ?? []).sort(),
    links: links.filter((link) => link !== '').sort(),
    rows: lines.filter((line) => line.startsWith('|')).length,
    items: lines.filter((line) => /^ *(?:-|\d+\.) /.test(line)).length,
  };
}

/** What a link leads to, as the English page names it; empty for the one to the other language. Titles, and so anchors, are translated with a page. */
function linkedFrom(path: string, target: string): string {
  if (/^[a-z]+:/.test(target)) return target;
  const [file = '', anchor = ''] = target.split('#');
  const led = file === '' ? path : normalize(join(dirname(path), file));
  const own = pairs.find(({ english, chinese }) => english === path || chinese === path);
  if (file !== '' && (led === own?.english || led === own?.chinese)) return '';
  const translated = pairs.find(({ english, chinese }) => english === led || chinese === led);
  if (translated !== undefined) return `${translated.english}${anchor === '' ? '' : '#…'}`;
  return anchor === '' ? led : `${led}#${anchor}`;
}

describe.each(pairs)('$chinese says what $english says', ({ english, chinese }) => {
  it('is there, and each page leads to the other', () => {
    expect(existsSync(join(projectRoot, english))).toBe(true);
    const toChinese = english === 'README.md' ? chinese : `zh/${basename(chinese)}`;
    const toEnglish = english === 'README.md' ? english : `../${basename(english)}`;
    expect(readPage(english).text).toContain(`[中文](${toChinese})`);
    expect(readPage(chinese).text).toContain(`[English](${toEnglish})`);
  });

  const translation = sectionsOf(chinese);

  it('has the same sections', () => {
    expect(translation.map(({ level }) => level)).toEqual(sectionsOf(english).map(({ level }) => level));
  });

  it.each(sectionsOf(english).map(({ title }, index) => ({ title, index })))('$title', ({ index }) => {
    const content = (section: TitledSection | undefined): object => ({ ...section, title: undefined });
    expect(content(translation[index])).toEqual(content(sectionsOf(english)[index]));
  });

  it('is Chinese in each paragraph', () => {
    const paragraphs = readPage(chinese)
      .text.replaceAll(/^```.*\n(?:(?!```).*\n)*```$/gm, '')
      .split(/\n\n+/)
      .filter((text) => !/^(?:#| {4}|\[English\]|\s*$)/.test(text));
    expect(paragraphs.filter((text) => !/\p{Script=Han}/u.test(text))).toEqual([]);
  });
});
