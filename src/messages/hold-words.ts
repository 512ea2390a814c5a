import { say, type Message } from './message.ts';

const holders = {
  backup: 'holds.by.backup',
  restore: 'holds.by.restore',
  verify: 'holds.by.verify',
  expire: 'holds.by.expire',
  copy: 'holds.by.copy',
} as const;

/** Whose a hold of that kind is: all that read a backup put the same. */
export function holderWords(kind: keyof typeof holders): Message {
  return say(holders[kind]);
}
