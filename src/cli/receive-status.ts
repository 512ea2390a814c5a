import { hostname } from 'node:os';
import {
  isProcessGone,
  receiverRecord,
  StatusFile,
  type ReceiverOutcome,
  type ReceiverRecord,
  type WalReceiver,
} from '../index.ts';
import type { Message } from '../messages/message.ts';

export interface FollowOptions {
  /** Absolute. */
  readonly path: string;
  /** May become more exact when the server is known. */
  readonly destination: () => string;
  readonly onTrouble: (sentence: Message) => void;
}

/** Keeps a status file about `receiver`; `finish` writes how it ended. */
export function followStatus(
  receiver: WalReceiver,
  { path, destination, onTrouble }: FollowOptions,
): { readonly finish: () => Promise<void> } {
  const startedAtMs = Date.now();
  let end: { readonly outcome: ReceiverOutcome; readonly error?: unknown } | undefined;
  receiver.ended.then(
    ({ reason }) => {
      end = { outcome: reason };
    },
    (error: unknown) => {
      end = { outcome: 'failed', error };
    },
  );
  return new StatusFile({
    path,
    onTrouble,
    record: () =>
      receiverRecord(receiver.status(), {
        atMs: Date.now(),
        startedAtMs,
        pid: process.pid,
        host: hostname(),
        destination: destination(),
        end,
      }),
  });
}

/** False: the process that wrote this is not seen on this host, which is its own. In doubt true. */
export function mayRun({ pid, host }: Pick<ReceiverRecord, 'pid' | 'host'>): boolean {
  return host !== hostname() || !isProcessGone(pid);
}
