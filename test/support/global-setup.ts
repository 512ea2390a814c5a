import { runDirectory } from './run-directory.ts';

/** Vitest calls it once, before the processes of the test files start: they share one copy of each server's binaries. */
export function setup(): void {
  process.env['GAUSSKEEP_TEST_BINARIES'] ??= runDirectory().make('servers');
}

export function teardown(): void {
  runDirectory().remove();
}
