import { english } from '../messages/english.ts';
import { render, type Message, type MessageKey } from '../messages/message.ts';

/** What `code` of a failed call of the system means, as Node or the C library says it; undefined: the catalogue has no words for it. */
export function systemWords(as: 'node' | 'libc', code: string | undefined): Message | undefined {
  const key = `system.${as}.${code ?? ''}`;
  return key in english ? { key: key as MessageKey, parameters: {} } : undefined;
}

/** A failed call of the system on a file, as Node tells it: `ENOENT: no such file or directory, open '/x'`. */
export interface CallText {
  readonly code: string;
  readonly text: Message;
  /** `open '/x'` */
  readonly call: string;
}

/** Takes `message` apart; undefined: it is none of a failed call, or says something else than we have words for. */
export function readCall(code: string | undefined, message: string): CallText | undefined {
  const text = systemWords('node', code);
  if (code === undefined || text === undefined) return undefined;
  const [, said, call] = /^E[A-Z0-9]+: (.+?), ([a-z]+(?: '.*)?)$/s.exec(message) ?? [];
  if (said === undefined || call === undefined) return undefined;
  return said === render(text) ? { code, text, call } : undefined;
}
