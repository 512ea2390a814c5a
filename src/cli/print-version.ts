import { writeSync } from 'node:fs';
import { version } from '../version.ts';

/** Monitoring asks for the version often: it is written without opening a stream where that works. */
export function printVersion(program: string, behind = ''): void {
  const text = `${program} (gausskeep) ${version}${behind}\n`;
  try {
    // Text as short as this goes into a pipe whole or not at all.
    writeSync(1, text);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EPIPE') {
      process.exitCode = 141;
      return;
    }
    process.stdout.on('error', () => {
      process.exitCode = 141;
    });
    process.stdout.write(text);
  }
}
