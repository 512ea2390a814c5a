import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import {
  formatLsn,
  parseLsn,
  startWalReceiver,
  type ReceiveRequest,
  type ReceiverEvent,
  type WalReceiver,
} from '../../src/index.ts';
import { openWalDirectory } from '../../src/wal-receiver/directory-store.ts';
import { startServer, type PostgresServer } from '../support/postgres/server.ts';
import { runDirectory } from '../support/run-directory.ts';
import { forEachServer } from '../support/servers-under-test.ts';

/** A receiver with everything that it told, to wait for. */
class Watched {
  readonly events: ReceiverEvent[] = [];
  readonly receiver: WalReceiver;
  #waiting: { readonly what: (event: ReceiverEvent) => boolean; readonly resolve: (event: ReceiverEvent) => void }[] =
    [];

  constructor(request: ReceiveRequest) {
    this.receiver = startWalReceiver(request, {
      onEvent: (event) => {
        this.events.push(event);
        for (const one of this.#waiting) if (one.what(event)) one.resolve(event);
      },
    });
  }

  /** Resolves with the first event of that kind from now on, rejects when the receiver ends before. */
  async next(what: (event: ReceiverEvent) => boolean): Promise<ReceiverEvent> {
    const found = new Promise<ReceiverEvent>((resolve) => this.#waiting.push({ what, resolve }));
    return Promise.race([
      found,
      this.receiver.ended.then((end) => {
        throw new Error(`the receiver ended: ${end.reason}`);
      }),
    ]);
  }
}

const running: WalReceiver[] = [];

forEachServer('full', (version) => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startServer({ version, config: { wal_keep_size: version >= 13 ? '512MB' : undefined } as never });
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
  });

  async function receive(directory: string, changes: Partial<ReceiveRequest> = {}): Promise<Watched> {
    const { host, port, user } = server;
    const store = await openWalDirectory({ directory });
    const watched = new Watched({ sources: [{ host, port, user }], store, ...changes });
    running.push(watched.receiver);
    return watched;
  }

  /** Some WAL, and the end of a segment. @returns the end of WAL behind the switch */
  async function fillSegment(): Promise<string> {
    await server.sql(
      "create table if not exists filler(t text); insert into filler select repeat('x', 500) from generate_series(1, 2000)",
    );
    await server.sql('select pg_switch_wal()');
    const [row] = await server.sql<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
    return row?.lsn ?? '';
  }

  it('receives segments that are byte for byte those of the server', async () => {
    const directory = mkdtempSync(join(runDirectory().path, 'wal-'));
    const watched = await receive(directory);
    await watched.next((event) => event.type === 'started');
    const first = watched.next((event) => event.type === 'segment');
    await fillSegment();
    const segment = await first;
    expect(segment).toMatchObject({ type: 'segment', phase: 'stream' });
    await watched.receiver.stop();
    const names = readdirSync(directory).filter((name) => !name.startsWith('.'));
    expect(names.filter((name) => name.endsWith('.partial')).length).toBeLessThanOrEqual(1);
    for (const name of names.filter((one) => !one.endsWith('.partial'))) {
      expect(readFileSync(join(directory, name)).equals(readFileSync(join(server.dataDirectory, 'pg_wal', name)))).toBe(
        true,
      );
    }
    expect(watched.receiver.status()).toMatchObject({ state: 'ended', reconnects: 0, problem: undefined });
    const again = await receive(directory);
    const next = again.next((event) => event.type === 'segment');
    await fillSegment();
    await next;
    await again.receiver.stop();
    for (const name of readdirSync(directory).filter((one) => /^[0-9A-F]{24}$/.test(one))) {
      expect(readFileSync(join(directory, name)).equals(readFileSync(join(server.dataDirectory, 'pg_wal', name)))).toBe(
        true,
      );
    }
    expect(parseLsn(formatLsn(watched.receiver.status().durableLsn ?? parseLsn('0/0')))).toBeGreaterThan(0n);
  });
});
