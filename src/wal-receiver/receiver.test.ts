import { expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { startWalReceiver } from './receiver.ts';
import type { WalStore } from './wal-store.ts';

/** Nobody listens there. */
const nowhere = { host: '127.0.0.1', port: 1, user: 'nobody' };

function emptyStore(failed: Promise<never>): WalStore & { readonly calls: string[] } {
  const calls: string[] = [];
  const unused = () => Promise.reject(new Error('not to be called'));
  return {
    calls,
    description: 'a store',
    failed,
    begin: () => Promise.resolve(),
    newest: () => Promise.resolve(undefined),
    find: () => Promise.resolve(undefined),
    open: unused,
    putHistory: unused,
    readHistory: unused,
    recordGap: unused,
    startGeneration: unused,
    close: () => {
      calls.push('close');
      return Promise.resolve();
    },
  };
}

it('goes on trying where nobody listens, until it is told to stop, and gives its store up', async () => {
  const store = emptyStore(new Promise(() => undefined));
  let waits = 0;
  let enough: () => void = () => undefined;
  const tried = new Promise<void>((resolve) => (enough = resolve));
  const receiver = startWalReceiver(
    { sources: [nowhere], store },
    {
      random: () => 0,
      onEvent: (event) => {
        if (event.type !== 'disconnected') return;
        waits += 1;
        // Longer from one to the next.
        expect(event.retryInMs).toBe(250 * 2 ** (waits - 1));
        expect(event.error).toMatchObject({ code: 'SERVER_UNREACHABLE' });
        if (waits === 3) enough();
      },
    },
  );
  await tried;
  expect(receiver.status()).toMatchObject({ state: 'waiting', reconnects: 0 });
  await receiver.stop();
  expect(await receiver.ended).toEqual({ reason: 'stopped' });
  expect(store.calls).toEqual(['close']);
  expect(receiver.status().state).toBe('ended');
});

it.each([
  ['never', 'SERVER_UNREACHABLE'],
  ['once-connected', 'SERVER_UNREACHABLE'],
] as const)('ends where the first connection cannot be made, with reconnect %s', async (reconnect, code) => {
  const store = emptyStore(new Promise(() => undefined));
  const { ended } = startWalReceiver({ sources: [nowhere], store, reconnect });
  await expect(ended).rejects.toMatchObject({ code });
  expect(store.calls).toEqual(['close']);
});

it('ends with another line of WAL where the archive holds something else under the same name', async () => {
  const conflict = new BackupError('OBJECT_EXISTS', say('archive.conflict', { name: 'SEGMENT', generation: 1 }));
  const store = emptyStore(Promise.reject(conflict));
  const { ended } = startWalReceiver({ sources: [nowhere], store });
  await expect(ended).rejects.toMatchObject({
    code: 'SYSTEM_MISMATCH',
    kind: 'other-line',
    sentence: conflict.sentence,
  });
});
