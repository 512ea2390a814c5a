import { shareRadosgw, stopRadosgw } from './object-store/shared-radosgw.ts';
import { runDirectory } from './run-directory.ts';

/** Vitest calls it once, before the processes of the test files start: they share one copy of each server's binaries, and one radosgw. */
export function setup(): void {
  process.env['GAUSSKEEP_TEST_BINARIES'] ??= runDirectory().make('servers');
  shareRadosgw(runDirectory().make('radosgw'));
}

export function teardown(): void {
  stopRadosgw();
  runDirectory().remove();
}
