/** The man pages as roff: nothing of a text is taken for an instruction, every page is whole, its examples are the guide's. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manExamples } from '../../scripts/man-examples.ts';
import { manPages } from '../../scripts/man-pages.ts';
import { bold, literal, macro, paragraph, roffText, tagged } from '../../scripts/roff.ts';
import { commandNames } from '../../src/cli/command-names.ts';
import { firstSteps } from '../../src/cli/first-screen.ts';
import { commandTables } from '../../src/cli/command-tables.ts';
import { gsBasebackupOptions } from '../../src/config/gs-basebackup-options.ts';
import { gsTarOptions } from '../../src/config/gs-tar-options.ts';
import { projectRoot } from '../support/project.ts';
import { guidePages } from './pages.ts';

const pages = await manPages();
const programs = ['gausskeep', 'gs_basebackup', 'gs_tar', ...commandNames.map(({ name }) => `gausskeep ${name}`)];
/** Of which the guide runs none yet. */
const withoutExamples = ['gausskeep repo probe'];
const pageOf = (program: string): string => pages.get(`man/${program.replaceAll(' ', '-')}.1`) ?? '';

const escapes: Readonly<Record<string, string>> = {
  '\\(rs': '\\',
  '\\-': '-',
  '\\(aq': "'",
  '\\(ga': '`',
  '\\(ha': '^',
  '\\(ti': '~',
  '\\(dq': '"',
  '\\&': '',
  '\\fB': '',
  '\\fI': '',
  '\\fR': '',
};

/** What a reader sees of a line of text; an escape that is none of ours is an error. */
function shown(line: string): string {
  return line.replaceAll(/\\(?:\[u([0-9A-F]{4,6})\]|\(..|f.|.?)/g, (escape, digits: string | undefined) => {
    if (digits !== undefined) return String.fromCodePoint(Number.parseInt(digits, 16));
    const text = escapes[escape];
    if (text === undefined) throw new Error(`${escape} in ${line}`);
    return text;
  });
}

const isRequest = (line: string): boolean => /^[.']/.test(line);

/** The text behind `.SH` up to the next. */
function section(page: string, title: string): string {
  return new RegExp(`^\\.SH "${title}"\\n([^]*?)(?=^\\.SH |$(?![^]))`, 'm').exec(page)?.[1] ?? '';
}

describe('any text', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom(
          '.',
          "'",
          '\\',
          '"',
          '-',
          '\n',
          ' ',
          '.SH',
          '\\fB',
          '\\n(.z',
          '\\[u0041]',
          '…',
          '𝒳',
          '\ud800',
          'x',
        ),
      )
      .map((words) => words.join('')),
  );
  /** Without control characters and halves of pairs, which no page can show. */
  const visible = (text: string): string => text.replaceAll(/\p{Cc}/gu, ' ').replaceAll(/\p{Cs}/gu, '\ufffd');

  it('is one line of ASCII that shows it, and no request', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const line = roffText(text);
        expect(line).toMatch(/^[ -~]*$/);
        expect(isRequest(line)).toBe(false);
        expect(shown(line)).toBe(visible(text));
      }),
    );
  });

  it('is one argument of a macro', () => {
    fc.assert(
      fc.property(nasty, nasty, (one, other) => {
        const words = /^\.SH "([^"]*)" "([^"]*)"$/.exec(macro('SH', one, other));
        expect(words?.slice(1).map(shown)).toEqual([visible(one), visible(other)]);
      }),
    );
  });

  it('is one paragraph, behind a tag too', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const words = visible(text).trim().split(/\s+/).join(' ');
        expect(shown(paragraph(text))).toBe(words);
        const [request, term = '', meaning = '', ...rest] = tagged(bold(text), text).split('\n');
        expect([request, isRequest(term), isRequest(meaning), rest]).toEqual(['.TP', false, false, []]);
        expect(shown(term)).toBe(visible(text));
      }),
    );
  });

  it('keeps its lines where they are literal', () => {
    fc.assert(
      fc.property(fc.array(nasty), (lines) => {
        const written = literal(lines).split('\n');
        expect([...written.slice(0, 2), ...written.slice(-2)]).toEqual(['.RS 4', '.nf', '.fi', '.RE']);
        expect(written.slice(2, -2).some(isRequest)).toBe(false);
        expect(written.slice(2, -2).map(shown)).toEqual(lines.map(visible));
      }),
    );
  });
});

it('there is a page for each program and command, and package.json names them for npm', () => {
  expect([...pages.keys()].sort()).toEqual(programs.map((name) => `man/${name.replaceAll(' ', '-')}.1`).sort());
  const { man, files } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as Record<
    string,
    string[]
  >;
  expect(man).toEqual([...pages.keys()].sort());
  expect(files).toContain('man');
  expect(man?.filter((path) => !existsSync(join(projectRoot, path)))).toEqual([]);
});

describe.each(programs)('%s', (program) => {
  const page = pageOf(program);
  const lines = page.trimEnd().split('\n');

  it('is whole: its sections in the usual order, known requests only, no line that is too much', () => {
    const titles = lines.flatMap((line) => /^\.SH "(.*)"$/.exec(line)?.[1] ?? []);
    const wanted = [
      'NAME',
      'SYNOPSIS',
      'DESCRIPTION',
      'OPTIONS',
      'COMMANDS',
      'EXIT STATUS',
      'ENVIRONMENT',
      'FILES',
      'EXAMPLES',
    ];
    expect(titles).toEqual([...wanted, 'SEE ALSO'].filter((title) => titles.includes(title)));
    const often = program === 'gausskeep' ? 'COMMANDS' : 'OPTIONS';
    expect(titles).toEqual(
      expect.arrayContaining(
        ['NAME', 'SYNOPSIS', 'DESCRIPTION', often, 'EXIT STATUS', 'EXAMPLES', 'SEE ALSO'].filter(
          (title) => title !== 'EXAMPLES' || !withoutExamples.includes(program),
        ),
      ),
    );
    const name = program.replaceAll(' ', '-');
    expect(lines[1]).toMatch(
      new RegExp(
        `^\\.TH "${roffText(name.toUpperCase()).replaceAll('\\', '\\\\')}" "1" "" "gausskeep \\S+" "gausskeep"$`,
      ),
    );
    expect(shown(section(page, 'NAME').trim())).toMatch(new RegExp(`^${name} - [^.]{10,110}$`));
    const requests = lines.filter(
      (line) => isRequest(line) && !/^\.(?:\\"|TH |S[HS] "[^"]+"$|(?:TP|PP|nf|fi|nh|RE)$|ad l$|RS 4$)/.test(line),
    );
    expect(requests).toEqual([]);
    expect(lines.filter((line) => line === '' || /\s$|^\s/.test(line))).toEqual([]);
    for (const line of lines.filter((text) => !isRequest(text))) {
      expect(shown(line), line).not.toMatch(/undefined|\{\w+\}/);
      expect(line.match(/\\f[BI]/g)?.length, line).toBe(line.match(/\\fR/g)?.length);
    }
    // A tag has a line that explains it.
    expect(
      lines.filter((line, at) => line === '.TP' && (isRequest(lines[at + 1]!) || isRequest(lines[at + 2]!))),
    ).toEqual([]);
  });

  it('leads to pages that there are', () => {
    const others = shown(section(page, 'SEE ALSO')).trim().split(', ');
    expect(others.length).toBeGreaterThan(3);
    for (const other of others) {
      expect(pages.has(`man/${other.replace(/\(1\)$/, '.1')}`), other).toBe(true);
      expect(other).not.toBe(`${program.replaceAll(' ', '-')}(1)`);
    }
  });
});

it.each([
  ['gs_basebackup', gsBasebackupOptions] as const,
  ['gs_tar', gsTarOptions] as const,
  ...Object.entries(commandTables).map(([name, { options }]) => [`gausskeep ${name}`, options] as const),
])('%s has each of its options, and none that is hidden', (program, groups) => {
  const text = shown(section(pageOf(program), 'OPTIONS').replaceAll(/^\.TP\n/gm, '\u0001'));
  const tags = text
    .split('\u0001')
    .slice(1)
    .map((part) => part.split('\n')[0]!);
  const wanted = groups.flatMap(({ options }) => options.filter(({ hidden }) => hidden !== true));
  expect(tags.map((tag) => /--([a-z0-9-]+)/.exec(tag)?.[1])).toEqual(wanted.map(({ long }) => long));
  for (const [at, { short, argument }] of wanted.entries()) {
    expect(tags[at]?.startsWith(short === undefined ? '--' : `-${short}, --`), tags[at]).toBe(true);
    if (argument !== undefined) expect(tags[at]).toContain(`=${argument}`);
  }
});

describe('what is shown as an example is run by the tests of the guide', () => {
  const run = guidePages().flatMap(({ fences }) =>
    fences.flatMap(({ words: [mark], text }) => (mark === 'run' ? text.split('\n') : [])),
  );

  it.each(Object.entries(manExamples))('%s', (program, examples) => {
    expect(programs).toContain(program);
    for (const line of examples.flatMap(({ lines }) => lines)) {
      expect(
        run.some((text) => text === line || text.startsWith(`${line} `)),
        line,
      ).toBe(true);
    }
  });

  it.each(firstSteps)('of the first screen: $example', ({ example }) => {
    expect(run.some((text) => text === example || text.startsWith(`${example} `))).toBe(true);
  });
});
