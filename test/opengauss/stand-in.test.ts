/**
 * The stand-in against the recordings: what a recorded client sent is sent to it, and it must answer as the live server did.
 * Positions, salts, tokens and times differ from run to run and are masked.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { message, cstring } from '../support/scripted/messages.ts';
import { passwordAnswer, RawClient } from '../support/opengauss/raw-client.ts';
import {
  fixtureRoot,
  readConnection,
  type RecordedConnection,
  type WireMessage,
} from '../support/opengauss/recordings.ts';
import { startOpengaussServer, type OpengaussServer } from '../support/opengauss/server.ts';
import type { OpengaussOptions } from '../support/opengauss/state.ts';
import { WalStore } from '../support/opengauss/wal-store.ts';

const passwords: Readonly<Record<string, string>> = {
  omm: 'Test@1234',
  backup: 'Backup@1234',
  replonly: 'Repl@12345',
  norepl: 'Norepl@1234',
  md5user: 'Md5user@1234',
  combuser: 'Comb@12345',
  sm3user: 'Sm3user@1234',
};

let server: OpengaussServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** A message in words, without what changes from run to run. */
function masked({ type, body }: { readonly type: string; readonly body: Buffer }): string {
  if (type === 'R' && body.length > 4) return `R ${body.readInt32BE(0)} ${body.length} bytes`;
  if (type === 'K') return 'K';
  if (type === 'd') return `d ${body.toString('latin1', 0, 1)}`;
  return `${type} ${body
    .toString('latin1')
    .replaceAll(/[0-9A-F]+\/[0-9A-F]+/g, 'LSN')
    .replaceAll(/\0\0\0.(?=(n1\|)?LSN)/gs, 'LENGTH')
    .replaceAll(/[0-9A-F]{24}/g, 'SEGMENT')
    .replaceAll(/\(openGauss.*/gs, 'VERSION')}`;
}

/** The recorded client again, with the answer that this challenge needs. */
async function play(client: RawClient, recorded: RecordedConnection, password: string): Promise<string[]> {
  const heard: string[] = [];
  if (recorded.askedForTls) {
    client.send(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]));
    expect(await client.byte()).toBe(recorded.tlsAnswer);
  }
  client.send(recorded.startup);
  const received = [...recorded.received];
  const take = async (expected: WireMessage): Promise<boolean> => {
    const next = await client.receive();
    if (!next) return false;
    heard.push(masked(next));
    const challenge = next.type === 'R' && next.body.readInt32BE(0) !== 0;
    if (challenge && recorded.sent.some((sent) => sent.type === 'p')) {
      const answer = passwordAnswer(next.body, recorded.parameters.get('user') ?? '', password);
      client.send(message('p', cstring(answer)));
    }
    return expected.type === next.type;
  };
  const queries = recorded.sent.filter((sent) => sent.type === 'Q');
  let ready = 0;
  for (const expected of received) {
    if (!(await take(expected))) break;
    if (expected.type === 'Z') {
      const query = queries[ready];
      ready += 1;
      if (query) client.send(query.bytes);
    }
  }
  return heard;
}

function optionsFor(name: string, recorded: RecordedConnection): OpengaussOptions {
  return {
    clientAddress: recorded.clientAddress,
    wal: new WalStore({ systemId: 215046882207068335n, firstSegment: 10n }),
    threadPool: name.includes('thread_pool'),
    ...(name.includes('too_many') ? { maxWalSenders: 1, busyWalSenders: 1 } : {}),
    ...(name.includes('wal_level_minimal') ? { maxWalSenders: 0 } : {}),
  };
}

function passwordFor(directory: string, recorded: RecordedConnection): string {
  const command = readFileSync(join(directory, 'command.txt'), 'utf8');
  const given = /password=(\S+)/.exec(command)?.[1] ?? /^stdin: (\S+)/m.exec(command)?.[1];
  return given ?? passwords[recorded.parameters.get('user') ?? ''] ?? '';
}

const logins = readdirSync(fixtureRoot).filter((name) => name.startsWith('auth-') && !name.includes('tls'));
const commandNames = readdirSync(join(fixtureRoot, 'commands')).filter((name) => name !== 'SHA256SUMS');
// The stock client's answer to code 11 and a signature that a client refused cannot be asked of the formulas.
const otherAnswers = new Set(['auth-hba-md5-user-sha256-noiter']);
/** Not modelled: it reads the WAL and returns checksums of it. */
const notModelled = new Set(['identify_consistence']);

describe('the stand-in answers as the recorded server', () => {
  it.each(logins.filter((name) => !otherAnswers.has(name)))('%s', async (name) => {
    const directory = join(fixtureRoot, name);
    const recorded = readConnection(directory, 1);
    server = await startOpengaussServer(optionsFor(name, recorded));
    const client = new RawClient(recorded.port === 'ha' ? server.haPort : server.sqlPort);
    const heard = await play(client, recorded, passwordFor(directory, recorded));
    client.close();
    expect(heard).toEqual(recorded.received.map(masked));
    expect(server.failures).toEqual([]);
  });

  it.each(commandNames.filter((name) => !notModelled.has(name)))('%s', async (name) => {
    const directory = join(fixtureRoot, 'commands', name);
    const recorded = readConnection(directory, 1);
    server = await startOpengaussServer(optionsFor(name, recorded));
    if (/slot_create_again|start_with_slot|^slot_drop$/.test(name)) {
      const before = new RawClient(server.haPort);
      await before.login({ user: 'backup', replication: 'true' }, 'Backup@1234');
      before.query('CREATE_REPLICATION_SLOT s PHYSICAL 0/0');
      await before.receiveUntil('Z');
      before.close();
    }
    if (name === 'idle_while_streaming') server.wal.grow(1);
    const client = new RawClient(recorded.port === 'ha' ? server.haPort : server.sqlPort);
    const heard = await play(client, recorded, passwordFor(directory, recorded));
    client.close();
    const expected = recorded.received.map(masked);
    // The stand-in's WAL does not reach the positions of this recording: only its keepalive is alike.
    const shorter = name === 'idle_while_streaming';
    expect(heard).toEqual(shorter ? expected.filter((line) => line !== 'd w').slice(0, heard.length) : expected);
    expect(server.failures).toEqual([]);
  });
});
