import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitStatus } from '../../src/cli/exit-status.ts';
import { BackupError } from '../../src/errors/backup-error.ts';
import { errorCodes, type ErrorCode } from '../../src/errors/codes.ts';
import { say } from '../../src/messages/message.ts';
import { recoveryFailures } from '../../src/server/recovery-failures.ts';
import { readRecoveryLine } from '../../src/server/recovery-log.ts';
import { accessRefusals } from '../../src/server/refusals-access.ts';
import { commandRefusals } from '../../src/server/refusals-commands.ts';
import { streamRefusals } from '../../src/server/refusals-stream.ts';
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
  const topLevel = ['README.md', 'README.zh.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
  it.each([...topLevel, ...pagesBelow('docs')])('%s', (path) => {
    const broken = linksOf(readPage(path).text).filter((link) => !/^[a-z]+:/.test(link) && !exists(path, link));
    expect(broken).toEqual([]);
  });
});

function linksOf(text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

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

describe('the order of the guide', () => {
  const pages = guidePages().flatMap(({ path }) => (path === 'README.md' ? [] : [path]));

  it.each(['README.md', 'README.zh.md', 'docs/README.md'])('%s lists its pages in that order', (path) => {
    const listed = linksOf(readPage(path).text).map((link) =>
      normalize(join(dirname(path), link)).replace('/zh/', '/'),
    );
    // A page may be linked in the text in front of the list, and in both languages.
    const list = [...new Set(listed.slice(listed.lastIndexOf(pages[0] ?? '')))];
    expect(list.slice(0, pages.length)).toEqual(pages);
  });

  it.each(pages.slice(0, -1).map((path, index) => ({ path, next: pages[index + 1] ?? '' })))(
    '$path leads to the next',
    ({ path, next }) => {
      const [, target] = /^Next: .*\]\((.*)\)\.$/m.exec(readPage(path).text) ?? [];
      expect(normalize(join(dirname(path), target ?? ''))).toBe(next);
    },
  );
});

describe('troubleshooting', () => {
  const page = readPage('docs/guide/090-troubleshooting.md');
  const quoted = [...page.text.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);

  it.each(Object.keys(errorCodes) as ErrorCode[])('explains %s, and names its status', (code) => {
    const entry = new RegExp(`^### .*\`${code}\`.*: status (.*)$`, 'm').exec(page.text);
    const status = exitStatus(new BackupError(code, say('common.internal.hint')), 'by-code');
    // A signal has its own.
    expect(entry?.[1]).toBe(code === 'ABORTED' ? '130, 143' : String(status));
  });

  const refusals = [...accessRefusals, ...commandRefusals, ...streamRefusals];

  it.each(refusals.filter(({ message }) => !isAnything(message)))(
    'lists the server message $message',
    ({ message }) => {
      expect(quoted.some((text) => message.test(text))).toBe(true);
    },
  );

  /** What is told by its SQLSTATE, whatever the words: what a server says in English. */
  const said: Readonly<Record<string, string>> = {
    '28P01': 'password authentication failed for user',
    '3D000': 'database "…" does not exist',
    '42501': 'permission denied for function',
    '53100': 'No space left on device',
    '57P03': 'the database system is starting up',
  };

  it.each([...accessRefusals, ...commandRefusals].filter(({ message }) => isAnything(message)))(
    'lists what comes with SQLSTATE $sqlstates',
    ({ sqlstates = [] }) => {
      for (const sqlstate of sqlstates) expect(page.text).toContain(said[sqlstate] ?? sqlstate);
    },
  );

  it.each(recoveryFailures)('lists what a recovery says: $key', ({ key }) => {
    const meant = quoted.map((text) => readRecoveryLine(`FATAL:  ${text}`));
    expect(meant.some((event) => event?.kind === 'failure' && event.known?.key === key)).toBe(true);
  });
});

const isAnything = ({ source }: RegExp): boolean => source === '.';
