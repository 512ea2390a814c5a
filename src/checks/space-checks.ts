import { say } from '../messages/message.ts';
import type { ServerFinding } from './server-finding.ts';

/** A file system that is to take something. Sizes in bytes. */
export interface SpaceFacts {
  readonly path: string;
  readonly freeBytes: bigint;
  /** Undefined: not known how much. */
  readonly neededBytes: bigint | undefined;
}

/** WAL and what is written while the backup runs come on top of the files. */
const spareShare = 10n;

export function space({ path, freeBytes, neededBytes }: SpaceFacts): ServerFinding {
  const check = 'space';
  const free = mebibytes(freeBytes);
  if (neededBytes === undefined) {
    return { check, severity: 'unknown', what: say('doctor.space.unknown', { path, free }) };
  }
  const needed = mebibytes(neededBytes);
  if (freeBytes < neededBytes) {
    return {
      check,
      severity: 'error',
      what: say('doctor.space', { path, free, needed }),
      why: say('doctor.space.why'),
      fix: say('doctor.space.fix'),
    };
  }
  if (freeBytes < neededBytes + neededBytes / spareShare) {
    return {
      check,
      severity: 'warning',
      what: say('doctor.space.tight', { path, free, needed }),
      why: say('doctor.space.why'),
      fix: say('doctor.space.fix'),
    };
  }
  return { check, severity: 'ok', what: say('doctor.space.ok', { path, free, needed }) };
}

function mebibytes(bytes: bigint): bigint {
  return bytes / 1024n ** 2n;
}
