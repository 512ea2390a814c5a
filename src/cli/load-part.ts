import type * as basebackup from './basebackup-single.ts';
import type * as help from './help-single.ts';
import type * as restore from './restore-single.ts';
import type * as verify from './verify-single.ts';
import type * as walGet from './wal-get-single.ts';
import type * as walPush from './wal-push-single.ts';
import { runPart } from './run-part.ts';

/** The parts, by the name of their file. */
interface Parts {
  readonly 'basebackup-single': typeof basebackup;
  readonly 'help-single': typeof help;
  readonly 'restore-single': typeof restore;
  readonly 'verify-single': typeof verify;
  readonly 'wal-get-single': typeof walGet;
  readonly 'wal-push-single': typeof walPush;
}

/** `runPart`, with the types of what is in it. */
export function loadPart<Name extends keyof Parts>(name: Name): Parts[Name] {
  return runPart(name) as Parts[Name];
}
