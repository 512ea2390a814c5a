import { say, type Message } from '../messages/message.ts';
import { formatLsn, type Lsn } from './lsn.ts';
import type { PageProblem } from './page-header.ts';

/**
 * Why there is no further record. The ordinary end of a server's newest segment is `zero-length`, `wrong-page-address`
 * (a recycled segment) or any of the others by chance; in an archived segment everything but `input-ended` is damage.
 */
export type EndReason =
  /** Nothing more was given. `inRecord`: a record had begun. */
  | { readonly kind: 'input-ended'; readonly inRecord: boolean }
  /** The visitor asked for no more. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'zero-length'; readonly headerBytes: number }
  | { readonly kind: 'bad-length'; readonly headerBytes: number; readonly actual: number }
  | { readonly kind: 'bad-resource-manager'; readonly actual: number }
  /** `expected` is undefined for the first record read, of which only is known that it must point backwards. */
  | { readonly kind: 'wrong-previous-link'; readonly expected: Lsn | undefined; readonly actual: Lsn }
  | { readonly kind: 'bad-checksum'; readonly expected: number; readonly actual: number }
  | { readonly kind: 'no-continuation' }
  | { readonly kind: 'wrong-continuation-length'; readonly expected: number; readonly actual: number }
  /** A page begins with the rest of a record although none had begun. */
  | { readonly kind: 'unexpected-continuation' }
  /** A page says that it overwrites an aborted record, but its first record does not name that one. */
  | { readonly kind: 'wrong-overwrite' }
  | (PageProblem & { readonly pageAddress: Lsn });

/** Where and why a reading ended. */
export interface WalEnd {
  /** Where the record would begin that is not there or not valid. Everything before it is. */
  readonly lsn: Lsn;
  readonly reason: EndReason;
  /** The last whole record. */
  readonly last: { readonly startLsn: Lsn; readonly endLsn: Lsn } | undefined;
}

/** The reason as a sentence, in the words of the servers. */
export function describeWalEnd({ lsn, reason }: WalEnd): Message {
  const at = formatLsn(lsn);
  switch (reason.kind) {
    case 'input-ended':
      return reason.inRecord ? say('wal.end.in-record', { lsn: at }) : say('wal.end.input', { lsn: at });
    case 'stopped':
      return say('wal.end.stopped', { lsn: at });
    case 'zero-length':
      return say('wal.end.bad-length', { lsn: at, expected: reason.headerBytes, actual: 0 });
    case 'bad-length':
      return say('wal.end.bad-length', { lsn: at, expected: reason.headerBytes, actual: reason.actual });
    case 'bad-resource-manager':
      return say('wal.end.bad-resource-manager', { lsn: at, id: reason.actual });
    case 'wrong-previous-link':
      return say('wal.end.wrong-previous-link', { lsn: at, link: formatLsn(reason.actual) });
    case 'bad-checksum':
      return say('wal.end.bad-checksum', { lsn: at });
    case 'no-continuation':
      return say('wal.end.no-continuation', { lsn: at });
    case 'wrong-continuation-length':
      return say('wal.end.wrong-continuation-length', { lsn: at, ...reason });
    case 'unexpected-continuation':
      return say('wal.end.unexpected-continuation', { lsn: at });
    case 'wrong-overwrite':
      return say('wal.end.wrong-overwrite', { lsn: at });
    default:
      return describePageProblem(reason, formatLsn(reason.pageAddress));
  }
}

function describePageProblem(problem: PageProblem, page: string): Message {
  switch (problem.kind) {
    case 'bad-magic':
      return say('wal.page.bad-magic', { page, magic: hex16(problem.actual) });
    case 'bad-page-flags':
      return say('wal.page.bad-flags', { page, flags: hex16(problem.actual) });
    case 'foreign-system':
      return say('wal.page.foreign-system', { page, expected: problem.expected, actual: problem.actual });
    case 'other-segment-size':
      return say('wal.page.other-segment-size', { page, expected: problem.expected, actual: problem.actual });
    case 'other-page-size':
      return say('wal.page.other-page-size', { page, actual: problem.actual });
    case 'wrong-page-address':
      return say('wal.page.wrong-address', { page, actual: formatLsn(problem.actual) });
    case 'timeline-backwards':
      return say('wal.page.timeline-backwards', { page, latest: problem.latest, actual: problem.actual });
  }
}

function hex16(value: number): string {
  return value.toString(16).toUpperCase().padStart(4, '0');
}
