import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import type { ReceiveRequest } from '../../../src/index.ts';
import type { SessionSettings } from '../../../src/replication/open-session.ts';
import { openWalDirectory } from '../../../src/wal-receiver/directory-store.ts';
import { noteDurable, readWal, WatchedReceiver } from '../received-wal.ts';
import { fixtureRoot, readConnection } from './recordings.ts';
import { startOpengaussServer, type OpengaussServer } from './server.ts';
import type { OpengaussOptions } from './state.ts';
import { WalStore } from './wal-store.ts';

export const systemId = 215046882207068335n;
export const segmentBytes = 16n << 20n;

const servers: OpengaussServer[] = [];
const receivers: WatchedReceiver[] = [];
const directories: string[] = [];

/** Ends what a test began, and looks at what the stand-in noted. */
export function endEachReception(): void {
  afterEach(async () => {
    await Promise.all(receivers.splice(0).map(({ receiver }) => receiver.stop()));
    const failures = servers.flatMap((server) => server.failures);
    const violations = servers.flatMap((server) => server.violations);
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
    expect([failures, violations]).toEqual([[], []]);
  });
}

/** The ends of the recorded messages with WAL: how it grew. */
function recordedGrowth(): { start: bigint; ends: bigint[] } {
  const frames = readConnection(join(fixtureRoot, 'receivexlog-ha'), 1).received.filter(
    ({ type, body }) => type === 'd' && body[0] === 0x77,
  );
  const start = frames[0]!.body.readBigUInt64LE(1);
  return { start, ends: frames.map(({ body }) => body.readBigUInt64LE(1) + BigInt(body.length - 65)) };
}

export const growth = recordedGrowth();
export const recordedEnd = growth.ends.at(-1)!;
export const recordedWal = (shown = recordedEnd): WalStore =>
  WalStore.recorded(join(fixtureRoot, 'receivexlog-ha/wal'), systemId, shown);
export const original = recordedWal();

export async function serve(options: OpengaussOptions): Promise<OpengaussServer> {
  const server = await startOpengaussServer({ systemId, ...options });
  servers.push(server);
  return server;
}

export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'gausskeep-receive-'));
  directories.push(directory);
  return directory;
}

export const login = (server: OpengaussServer): SessionSettings => ({
  host: server.host,
  port: server.sqlPort,
  user: 'backup',
  password: 'Backup@1234',
});

export async function receive(
  server: OpengaussServer,
  directory: string,
  changes: Partial<ReceiveRequest> = {},
  onDurable: (end: bigint) => void = () => undefined,
): Promise<WatchedReceiver> {
  const store = noteDurable(await openWalDirectory({ directory }), onDurable);
  const watched = new WatchedReceiver({ sources: [login(server)], store, ...changes });
  receivers.push(watched);
  return watched;
}

/** What the receiver wrote equals the server's WAL up to `end`, and nothing follows. */
export function expectWal(directory: string, wal: WalStore, from: bigint, end: bigint): void {
  expect(readWal(directory, from, end).equals(pieceOf(wal, from, end))).toBe(true);
  const rest = readWal(directory, end, (end / segmentBytes + 1n) * segmentBytes);
  expect(rest.every((byte) => byte === 0)).toBe(true);
}

export function pieceOf(wal: WalStore, from: bigint, to: bigint): Buffer {
  const pieces: Buffer[] = [];
  for (let at = from; at < to;) {
    const piece = wal.read(at, to, Number(segmentBytes));
    pieces.push(piece);
    at += BigInt(piece.length);
  }
  return Buffer.concat(pieces);
}
