import { renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processStart } from '../files/process-start.ts';
import { fingerprintOf, statLine } from './fingerprint.ts';
import { settled } from './settled-file.ts';

/** For whom segments are fetched, so that a restore_command of the same words, by the same run of the same server, may take one without starting node. */
export interface AheadFor {
  /** The words of its call behind the name: the target and all options. */
  readonly call: string;
  /** Number and start of the server's first process, as `postmaster.pid` has them in its lines 1 and 3. */
  readonly server: string;
  /** In which it was called: the server's data directory, by its real path. */
  readonly workingDirectory: string;
}

const suffix = '.now';

/** The segment of a note; undefined for what is none. */
export function notedSegment(name: string): string | undefined {
  const [, segment] = /^([0-9A-F]{24})\.now$/.exec(name) ?? [];
  return segment;
}

/**
 * Notes in a folder of the spool what the lines of sh of a restore_command (`ahead-script.ts`) believe as long as this very process lives: that a segment is on its way,
 * or lies under `waiting`. It only saves time: no note, or one that does not hold, and node is started.
 * @param waiting name in the folder; undefined: it is on its way
 */
export async function noteAhead(
  folder: string,
  segment: string,
  { call, server, workingDirectory }: AheadFor,
  waiting?: string,
): Promise<void> {
  const started = processStart(process.pid);
  if (started === undefined || [call, server, workingDirectory].some((text) => text.includes('\n'))) return;
  const path = join(folder, segment + suffix);
  try {
    // From then on whatever changes the file gives it other times.
    if (waiting !== undefined) await settled(join(folder, waiting));
    const facts = waiting === undefined ? '' : statLine(fingerprintOf(join(folder, waiting)));
    const lines = [`${process.pid} ${started}`, server, workingDirectory, call, waiting ?? '', facts];
    writeFileSync(`${path}-${process.pid}`, `${lines.join('\n')}\n`, { mode: 0o600 });
    renameSync(`${path}-${process.pid}`, path);
  } catch {
    forgetNote(folder, segment);
  }
}

export function forgetNote(folder: string, segment: string): void {
  for (const name of [segment + suffix, `${segment}${suffix}-${process.pid}`]) {
    try {
      unlinkSync(join(folder, name));
    } catch {
      // There is none. One that stays is of a process that ends, or of a file that is gone.
    }
  }
}
