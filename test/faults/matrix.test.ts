import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../support/project.ts';
import { faultKinds } from './fault-row.ts';
import { faultSections } from './matrix.ts';

const rows = faultSections.flatMap((section) => section.rows);
/** The first words of calls and of cases, and what stands alone behind a table of cases. */
function titlesIn(file: string): string[] {
  const path = join(projectRoot, file);
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/(?:[([]|^\s*)(['"`])((?:(?!\1)[^\\\n]|\\.)*)\1,/gm)].map((match) => match[2]!);
}

it('every row is shown by a test that is there', () => {
  const proofs = rows.flatMap(({ proof }) => proof);
  const missing = proofs.filter(([file, title]) => !titlesIn(file).some((one) => one.startsWith(title)));
  expect(missing).toEqual([]);
  expect(proofs.length).toBeGreaterThan(70);
});

it('every kind of fault has a row', () => {
  const shown = new Set<string>(rows.flatMap(({ kinds }) => kinds));
  expect(Object.keys(faultKinds).filter((kind) => !shown.has(kind))).toEqual([]);
});
