import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/errors/codes.ts';
import { accessRefusals } from '../../src/server/refusals-access.ts';
import { commandRefusals } from '../../src/server/refusals-commands.ts';
import { projectRoot } from '../support/project.ts';
import { guidePages, readPage, reasons } from './pages.ts';

function pagesBelow(directory: string): string[] {
  return readdirSync(join(projectRoot, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(directory, name));
}

describe('every block of commands is run, or says why not', () => {
  it.each(guidePages())('$path', ({ fences }) => {
    const unmarked = fences
      .filter(({ language }) => language === 'sh' || language === 'sql')
      .filter(({ words: [mark = ''] }) => !['run', 'until-true', ...reasons].includes(mark));
    expect(unmarked).toEqual([]);
  });
});

describe('links lead to something', () => {
  const topLevel = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
  it.each([...topLevel, ...pagesBelow('docs')])('%s', (path) => {
    const links = [...readPage(path).text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const broken = links.filter((link) => !/^[a-z]+:/.test(link) && !exists(path, link));
    expect(broken).toEqual([]);
  });
});

function exists(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? from : normalize(join(dirname(from), file));
  if (!existsSync(join(projectRoot, path))) return false;
  return anchor === undefined || anchorsOf(readPage(path).text).includes(anchor);
}

/** The anchors that GitHub gives to headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('troubleshooting', () => {
  const page = readPage('docs/guide/090-troubleshooting.md');
  const quoted = [...page.text.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);

  it.each(Object.keys(errorCodes))('explains %s', (code) => {
    expect(page.text).toMatch(new RegExp(`^### .*\`${code}\``, 'm'));
  });

  it.each([...accessRefusals, ...commandRefusals].filter(({ message }) => message.source !== '.'))(
    'lists the server message $message',
    ({ message }) => {
      expect(quoted.some((text) => message.test(text))).toBe(true);
    },
  );
});
