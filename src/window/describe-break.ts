import { say, type Message } from '../messages/message.ts';
import { placeWords } from '../messages/place-words.ts';
import { formatLsn } from '../wal/lsn.ts';
import type { SegmentIndex } from '../wal/segment-index.ts';
import type { LinkProblem } from '../wal/segment-links.ts';

/** Why a segment does not go on where the one before it ends. */
export function describeLinkProblem(problem: LinkProblem, name: string): Message {
  switch (problem) {
    case 'other-system':
      return say('window.break.other-system', { name });
    case 'other-segment-size':
      return say('window.break.other-segment-size', { name });
    case 'timeline-backwards':
      return say('window.break.timeline-backwards', { name });
    case 'wrong-continuation':
    case 'wrong-previous-link':
    case 'not-adjacent':
      return say('window.break.fork', { name });
    case 'ends-early':
    case 'nothing-valid':
      return say('window.break.nothing-valid', { name });
  }
}

/** Where the valid WAL of a segment ends that is not full. */
export function describeSegmentEnd({ end }: SegmentIndex, { name, from }: { name: string; from: string }): Message {
  if (end.kind !== 'partial') return say('window.break.no-more');
  if (end.damage !== undefined) return end.damage;
  return end.reason === 'zero-length' || end.reason === 'input-ended' || end.reason === 'wrong-page-address'
    ? say('window.break.end', { lsn: formatLsn(end.lsn) })
    : say('window.break.invalid', {
        name: say('window.segment-from', { name, from: placeWords(from) }),
        lsn: formatLsn(end.lsn),
        reason: say(`wal.reason.${end.reason}`),
      });
}
