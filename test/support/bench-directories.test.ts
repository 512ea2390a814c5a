import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from './project.ts';

interface WorkDirectory {
  readonly path: string;
  readonly remove: () => void;
}

const file = join(projectRoot, 'bench', 'work-directory.mjs');
const { workDirectory } = (await import(file)) as { workDirectory: (name: string) => WorkDirectory };

it('gives each run of a bench a directory of its own', () => {
  const [one, other] = [workDirectory('test'), workDirectory('test')];
  try {
    expect(one.path).not.toBe(other.path);
    one.remove();
    expect([existsSync(one.path), existsSync(other.path)]).toEqual([false, true]);
  } finally {
    other.remove();
  }
});

it.each(readdirSync(join(projectRoot, 'bench')).filter((name) => name.endsWith('.mjs')))(
  '%s names no directory and no port that another run has too',
  (name) => {
    const text = readFileSync(join(projectRoot, 'bench', name), 'utf8').replaceAll(/mkdtempSync\('[^']*'\)/g, '');
    expect(text.match(/['"`]\/tmp\/[^'"`]*|\bport: \d+/g)).toBeNull();
  },
);
