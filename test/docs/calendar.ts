/** A repository with a backup of every night, for pages about retention, and the clock that programs see there. */
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCatalogue } from '../../src/repository/catalogue.ts';
import { backupName, commitObject, newId } from '../../src/repository/names.ts';
import { openInstance } from '../../src/repository/open-instance.ts';
import { openRepository } from '../../src/repository/open-repository.ts';
import { putCommit } from '../../src/repository/put-commit.ts';

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Turns the one backup of `orders` into one for each night, at 02:00 UTC, the last of them in the night of `last`.
 * @param directory of a repository
 */
export async function fillCalendar(
  directory: string,
  { last, nights }: { last: string; nights: number },
): Promise<void> {
  const { storage } = await openInstance(await openRepository(directory), 'orders');
  const [first] = (await readCatalogue(storage)).backups;
  if (first === undefined) throw new Error('there is no backup to begin with');
  const folder = join(directory, 'instances/orders');
  for (let night = 0; night < nights; night += 1) {
    const endedMs = Date.parse(`${last}T02:05:00Z`) - night * dayMs;
    const [startedAt, endedAt] = [endedMs - 300_000, endedMs].map((ms) => new Date(ms).toISOString()) as [
      string,
      string,
    ];
    const backup = newId();
    await putCommit(storage, { ...first.commit, backup, name: backupName(startedAt, backup), startedAt, endedAt });
    utimesSync(join(folder, commitObject(backup)), endedMs / 1000, endedMs / 1000);
  }
  // What it stored belongs to all of the others.
  rmSync(join(folder, commitObject(first.commit.backup)));
  rmSync(join(folder, 'holds', first.commit.backup), { recursive: true, force: true });
}

/** Has programs of Node see another time. @returns the variables that do it */
export function clockAt(time: string, directory: string): Readonly<Record<string, string>> {
  const file = join(directory, 'clock.cjs');
  writeFileSync(
    file,
    `const Real = Date;
const ahead = ${String(Date.parse(time))} - Real.now();
globalThis.Date = class extends Real {
  constructor(...words) { if (words.length === 0) super(Real.now() + ahead); else super(...words); }
  static now() { return Real.now() + ahead; }
};
`,
  );
  return { NODE_OPTIONS: `--require ${file}` };
}
