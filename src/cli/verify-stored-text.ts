import type { CoverageVerdict, ReadAmount, StoredFault, StoredVerdict } from '../index.ts';
import { say, type Message } from '../messages/message.ts';
import { sizeText } from './size-text.ts';

/** What is said of a backup of a repository, or of how much was read, to people. */
export function storedVerdictLines(verdict: StoredVerdict | CoverageVerdict, read: ReadAmount): Message[] {
  if (verdict.kind === 'coverage') return coverageLines(verdict);
  const { backup, instance, state, faults, moreFaults, damagedFiles, filesRead: count, unhashed, wal } = verdict;
  if (state !== 'damaged') {
    const values = { backup, instance, segments: wal?.segments ?? 0 };
    if (read === 'none') return [say('verify-stored.there', values)];
    const lines = [say(read === 'all' ? 'verify-stored.read' : 'verify-stored.part', { ...values, count })];
    if (unhashed.blocks > 0) lines.push(say('verify-stored.without-hash', { ...unhashed }));
    return lines;
  }
  return [
    say('verify-stored.damaged', { backup, instance }),
    ...faults.flatMap(faultLines),
    ...(moreFaults > 0 ? [say('verify-stored.more', { count: moreFaults })] : []),
    ...(damagedFiles > 0 && faults.length + moreFaults > 1
      ? [say('verify-stored.damaged-files', { count: damagedFiles })]
      : []),
  ];
}

/** What is wrong, and below it whom it concerns. */
function faultLines({ sentence: reason, files, names }: StoredFault): Message[] {
  const what = say('verify-stored.fault', { reason });
  if (files === 0) return [what];
  const more = files - names.length;
  const values = { count: files, names: names.join(', '), more };
  return [what, say(more === 0 ? 'verify-stored.files' : 'verify-stored.files-and-more', values)];
}

function coverageLines(coverage: CoverageVerdict): Message[] {
  const { packs, readPacks, neverReadBytes, unreadableMaps, allReadSinceMs, isKept } = coverage;
  const [read, total] = [sizeText(coverage.readBytes), sizeText(coverage.bytes)];
  const lines = [say('verify-stored.coverage', { read, total, readPacks, packs })];
  if (allReadSinceMs !== undefined)
    lines.push(say('verify-stored.all-read', { time: new Date(allReadSinceMs).toISOString() }));
  if (neverReadBytes > 0) lines.push(say('verify-stored.never-read', { bytes: sizeText(neverReadBytes) }));
  if (unreadableMaps > 0) lines.push(say('verify-stored.unreadable-maps', { count: unreadableMaps }));
  if (!isKept) lines.push(say('verify-stored.not-kept'));
  return lines;
}
