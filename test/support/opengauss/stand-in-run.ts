import { afterEach, beforeEach } from 'vitest';
import { Workspace } from './backup-run.ts';
import { makeDataDirectory, type TestDataDirectory } from './data-directory.ts';
import { startOpengaussServer, type OpengaussServer } from './server.ts';
import type { OpengaussOptions } from './state.ts';

/** What each test of a file begins with: nothing of it is there behind the test. */
export interface StandInRun {
  readonly workspace: Workspace;
  /** A test may put another in its place before it serves. */
  data: TestDataDirectory;
  /** Where a backup goes; not there yet. */
  readonly target: string;
  /** Undefined until `serve`. */
  readonly server: OpengaussServer | undefined;
  /** Starts the stand-in on the data directory. */
  serve(options?: OpengaussOptions): Promise<OpengaussServer>;
}

/** @param options of the data directory, as `makeDataDirectory` */
export function standInForEachTest(options: Parameters<typeof makeDataDirectory>[1] = {}): StandInRun {
  let workspace: Workspace;
  let data: TestDataDirectory;
  let server: OpengaussServer | undefined;
  beforeEach(() => {
    workspace = new Workspace();
    data = makeDataDirectory(workspace.at('data'), options);
  });
  afterEach(async () => {
    await server?.stop();
    server = undefined;
    workspace.remove();
  });
  return {
    get workspace() {
      return workspace;
    },
    get data() {
      return data;
    },
    set data(other) {
      data = other;
    },
    get target() {
      return workspace.at('backup');
    },
    get server() {
      return server;
    },
    async serve(more = {}) {
      server = await startOpengaussServer({ dataDirectory: data.path, tablespaces: data.tablespaces, ...more });
      return server;
    },
  };
}
