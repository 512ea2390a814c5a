import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isOnThisHost } from './look-at-host.ts';

const dataAt = (value: string) => ({
  settings: new Map([['data_directory', { value, unit: undefined, needsRestart: false }]]),
});
const socket = { host: '/var/run/postgresql', replication: undefined };

it('takes the socket of a container, whose data directory is not here, for no server of this host', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gausskeep-host-'));
  // A directory of that name that is no data directory, and none at all.
  expect(await isOnThisHost(dataAt(directory), socket)).toBe(false);
  expect(await isOnThisHost(dataAt(join(directory, 'absent')), socket)).toBe(false);
  rmSync(directory, { recursive: true });
  // Where the server does not tell it to this role, a socket is all that there is.
  expect(await isOnThisHost({ settings: new Map() }, socket)).toBe(true);
  expect(await isOnThisHost({ settings: new Map() }, { ...socket, host: '127.0.0.1' })).toBe(false);
});
