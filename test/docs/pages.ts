/** README and the guide as data: their code fences, headings and links. How fences are marked: docs/developing/testing.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/project.ts';

/** Why a block of commands cannot be run as it stands: the first word behind `sh` or `sql`. It is run with stand-ins. */
export const reasons = ['opengauss-only', 'needs-root', 'downloads', 'needs-a-schedule'];

export interface Fence {
  readonly line: number;
  readonly language: string;
  /** The words behind the language, for example `run` and `status=3`. */
  readonly words: readonly string[];
  readonly text: string;
}

export interface Page {
  /** From the root of the checkout. */
  readonly path: string;
  readonly text: string;
  readonly fences: readonly Fence[];
}

export function readPage(path: string): Page {
  const text = readFileSync(join(projectRoot, path), 'utf8');
  return { path, text, fences: fencesOf(text, path) };
}

/** README and every page of the guide. */
export function guidePages(): Page[] {
  const guide = readdirSync(join(projectRoot, 'docs/guide')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...guide.sort().map((name) => `docs/guide/${name}`)].map(readPage);
}

/** `path` is for the error where a fence has no end. */
export function fencesOf(text: string, path: string): Fence[] {
  const fences: Fence[] = [];
  let open: { line: number; info: string; lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (!line.startsWith('```')) {
      open?.lines.push(line);
    } else if (open === undefined) {
      open = { line: index + 1, info: line.slice(3), lines: [] };
    } else {
      const [language = '', ...words] = open.info.split(' ').filter((word) => word !== '');
      fences.push({ line: open.line, language, words, text: open.lines.join('\n') });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${path}:${open.line}: this code fence has no end`);
  return fences;
}
