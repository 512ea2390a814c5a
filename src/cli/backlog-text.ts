import { dangerOf, type Backlog } from '../wal-archive.ts';
import { say, type Message } from '../messages/message.ts';
import { conditionOf, timeText, type ArchivingStatus } from './archiving-status.ts';
import { durationText } from './duration-text.ts';
import { sizeText } from './size-text.ts';

/** Why a backlog puts the disk of the WAL in danger. */
export function dangerText(backlog: Backlog): Message {
  const { count, oldest } = backlog;
  const [size, free, total] = [backlog.bytes, backlog.freeBytes, backlog.totalBytes].map(sizeText);
  const words = { count, size: size ?? '', free: free ?? '' };
  if (dangerOf(backlog) === 'backlog') return say('wal-async.endangered-backlog', words);
  return say('wal-async.endangered-free', { ...words, total: total ?? '', age: durationText(oldest?.seconds ?? 0) });
}

/** One screen about it. */
export function archivingLines(status: ArchivingStatus): Message[] {
  const { directory, spool, backlog, pushers } = status;
  const { count, oldest } = backlog;
  const state = say(`wal-async.status.${conditionOf(status)}`);
  const lines = [say('wal-async.status.head', { directory, state })];
  if (oldest === undefined) lines.push(say('wal-async.status.nothing'));
  else {
    const { name, seconds } = oldest;
    const age = durationText(seconds);
    lines.push(say('wal-async.status.waiting', { count, size: sizeText(backlog.bytes), name, age }));
  }
  const [free, total] = [sizeText(backlog.freeBytes), sizeText(backlog.totalBytes)];
  lines.push(say('wal-async.status.free', { free, total }));
  if (pushers.length === 0) lines.push(say('wal-async.status.no-pusher', { spool }));
  for (const pusher of pushers) lines.push(...pusherLines(pusher));
  return lines;
}

function pusherLines({ state, isAtWork, isStopped }: ArchivingStatus['pushers'][number]): Message[] {
  const { pid, archive, pushed, inFlight, last, trouble } = state;
  const minutes = Math.max(1, (state.atMs - state.startedAtMs) / 60_000);
  const now = inFlight.length === 0 ? say('wal-async.status.idle') : inFlight.join(' ');
  const rate = Math.round(pushed.count / minutes);
  const work = { pid, count: pushed.count, since: timeText(state.startedAtMs), rate, now };
  const at = timeText(state.atMs);
  const how = isStopped
    ? say('wal-async.status.stands-still', { pid, at })
    : isAtWork
      ? say('wal-async.status.at-work', work)
      : say('wal-async.status.not-at-work', { at });
  const lines = [say('wal-async.status.pusher', { archive, state: how })];
  if (last !== undefined) lines.push(say('wal-async.status.last', { name: last.name, at: timeText(last.atMs) }));
  if (trouble !== undefined) {
    const { name, sinceMs, error } = trouble;
    const words = { since: timeText(sinceMs), name, reason: error.sentence };
    lines.push(
      isAtWork ? say('wal-async.status.trouble', words) : say('wal-async.status.trouble-then', { ...words, at }),
    );
  }
  return lines;
}
