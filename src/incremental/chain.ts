import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { BackupLabel } from '../wal/backup-label.ts';
import { formatLsn } from '../wal/lsn.ts';

/** A backup of a chain, by what it says of itself. */
export interface ChainLink {
  /** For people. */
  readonly description: string;
  readonly label: BackupLabel;
  /** Undefined where it does not say so before it is read. */
  readonly systemIdentifier: bigint | undefined;
}

/**
 * Judges whether backups, in the order in which they are to be put on top of each other, give a whole: the first is a full one, and
 * each further one tells the changes since the one before it, of the same instance.
 * @throws BackupError `USAGE` (a wrong order, a backup twice, a full one where an incremental one belongs or the other way round),
 * `SYSTEM_MISMATCH` (another instance), `BACKUP_NOT_FOUND` (one is missing in between)
 */
export function checkChain(links: readonly ChainLink[]): void {
  const [first, ...later] = links;
  if (first === undefined) return;
  checkTwice(links);
  checkInstance(links);
  if (first.label.incrementalFrom !== undefined) {
    throw wrong('USAGE', links, say('incremental.first-not-full', { backup: first.description }));
  }
  let before = first;
  for (const link of later) {
    checkLink(links, before, link);
    before = link;
  }
}

function checkLink(links: readonly ChainLink[], before: ChainLink, { description: backup, label }: ChainLink): void {
  const from = label.incrementalFrom;
  if (from === undefined) throw wrong('USAGE', links, say('incremental.full-later', { backup }));
  const { startLsn, startTimeline } = before.label;
  const earlier = before.description;
  if (from.timeline !== startTimeline) {
    const values = { earlier, backup, expected: from.timeline, actual: startTimeline };
    throw wrong('BACKUP_NOT_FOUND', links, say('incremental.other-timeline', values));
  }
  if (from.lsn !== startLsn) {
    const values = { earlier, backup, expected: formatLsn(from.lsn), actual: formatLsn(startLsn) };
    throw wrong('BACKUP_NOT_FOUND', links, say('incremental.other-start', values));
  }
}

function checkTwice(links: readonly ChainLink[]): void {
  for (const [index, { label, description: second }] of links.entries()) {
    const same = links.slice(0, index).find((other) => isSame(other.label, label));
    if (same === undefined) continue;
    throw new BackupError('USAGE', say('incremental.twice', { first: same.description, second }), {
      hint: say('incremental.twice.hint'),
    });
  }
}

/** Two backups of one checkpoint would begin at the same position, but not at the same time under the same name and with the same basis. */
function isSame(one: BackupLabel, other: BackupLabel): boolean {
  return (
    one.startLsn === other.startLsn &&
    one.startTimeline === other.startTimeline &&
    one.startTime === other.startTime &&
    one.label === other.label &&
    one.incrementalFrom?.lsn === other.incrementalFrom?.lsn
  );
}

function checkInstance(links: readonly ChainLink[]): void {
  const known = links.find(({ systemIdentifier }) => systemIdentifier !== undefined);
  for (const { systemIdentifier: actual, description: backup } of links) {
    if (known?.systemIdentifier === undefined || actual === undefined || actual === known.systemIdentifier) continue;
    const values = { backup, actual, earlier: known.description, expected: known.systemIdentifier };
    throw new BackupError('SYSTEM_MISMATCH', say('incremental.other-instance', values));
  }
}

/** The failure, with the order that would be right where there is one among these. */
function wrong(code: 'USAGE' | 'BACKUP_NOT_FOUND', links: readonly ChainLink[], sentence: Message): BackupError {
  const ordered = links.toSorted((one, other) => Number(one.label.startLsn - other.label.startLsn));
  if (isChain(ordered)) {
    const order = ordered.map(({ description }) => `"${description}"`).join(', ');
    return new BackupError('USAGE', sentence, { hint: say('incremental.order.hint', { order }) });
  }
  return new BackupError(code, sentence, { hint: hintFor(links) });
}

function isChain(links: readonly ChainLink[]): boolean {
  return links.every(({ label: { incrementalFrom: from } }, index) => {
    const before = links[index - 1]?.label;
    if (before === undefined) return from === undefined;
    return from?.lsn === before.startLsn && from.timeline === before.startTimeline;
  });
}

/** Names what is missing: what the first backup in order builds on that none of the others is. */
function hintFor(links: readonly ChainLink[]): Message {
  for (const { description: backup, label } of links) {
    const { incrementalFrom: from } = label;
    if (from === undefined) continue;
    const isThere = links.some(
      ({ label: other }) => other.startLsn === from.lsn && other.startTimeline === from.timeline,
    );
    if (!isThere) {
      return say('incremental.missing.hint', { backup, lsn: formatLsn(from.lsn), timeline: from.timeline });
    }
  }
  return say('incremental.one-line.hint');
}
