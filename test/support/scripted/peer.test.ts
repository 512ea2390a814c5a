import { afterEach, describe, expect, it } from 'vitest';
import { RawClient, startupPacket } from '../opengauss/raw-client.ts';
import { frame, identifySystem, position, tablespaceList } from './backup-messages.ts';
import { commandComplete, copyDone, errorResponse, readyForQuery } from './messages.ts';
import { startScriptedPeer, type ScriptedPeer } from './peer.ts';

let peer: ScriptedPeer | undefined;
let client: RawClient | undefined;
afterEach(async () => {
  client?.close();
  await peer?.stop();
});

async function login(): Promise<RawClient> {
  client = new RawClient(peer!.port);
  client.send(startupPacket(0x0003_0000, { user: 'me', replication: 'true' }));
  expect((await client.receiveUntil('Z')).at(-1)?.type).toBe('Z');
  return client;
}

describe('the scripted peer', () => {
  it('plays a framed base backup with its archives in the wrong order', async () => {
    peer = await startScriptedPeer(async (session) => {
      expect((await session.trust('15.4')).get('user')).toBe('me');
      await session.expectQuery(/^IDENTIFY_SYSTEM$/);
      await session.send(identifySystem('7000', 1, '0/2000000'));
      await session.expectQuery(/^BASE_BACKUP/);
      await session.send(position('0/2000028', 1), tablespaceList([[null, null, '1']]), frame.open());
      await session.sendInPieces(Buffer.concat([frame.data(Buffer.from('x')), frame.archive('base.tar', '')]), 1);
      await session.send(copyDone(), position('0/2000100', 1), commandComplete('SELECT'), readyForQuery());
      await session.ended();
    });
    const session = await login();
    session.query('IDENTIFY_SYSTEM');
    expect((await session.receiveUntil('Z')).map((item) => item.type).join('')).toBe('TDCZ');
    session.query("BASE_BACKUP (LABEL 'x')");
    const answer = await session.receiveUntil('Z');
    expect(answer.map((item) => item.type).join('')).toBe('TDCTDCHddcTDCCZ');
    expect(answer.filter((item) => item.type === 'd').map((item) => item.body.toString())).toEqual([
      'dx',
      'nbase.tar\0\0',
    ]);
    expect(peer.failures).toEqual([]);
  });

  it('fails the script when the client does something else', async () => {
    peer = await startScriptedPeer(async (session) => {
      await session.trust('17.0');
      await session.send(
        errorResponse({ S: 'ERROR', C: '0A000', M: 'lz4 compression is not supported by this build' }),
      );
      await session.expectQuery(/^SHOW/);
    });
    const session = await login();
    expect((await session.receive())?.body.toString()).toContain('lz4');
    session.query('SELECT 1');
    expect(await session.receive()).toBeUndefined();
    expect(String(peer.failures[0])).toContain('expected /^SHOW/, got SELECT 1');
  });
});
