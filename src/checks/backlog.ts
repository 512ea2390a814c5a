/** What a server waits to have archived, and what room its WAL has. */
export interface Backlog {
  /** Files. */
  readonly count: number;
  readonly bytes: number;
  /** Undefined: nothing waits. */
  readonly oldest: { readonly name: string; readonly seconds: number } | undefined;
  /** Of the file system of the WAL, for an account that is not root. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** WAL that waits longer, in seconds, is more than what is pushed just now. */
const longSeconds = 60;
const enoughBytes = 1024 ** 3;

export function isBehind({ count, oldest }: Pick<Backlog, 'count' | 'oldest'>): boolean {
  return count > 1 && (oldest?.seconds ?? 0) > longSeconds;
}

/**
 * Whether the disk of the WAL may run full, and why: what waits is more than what is free; or it has waited for more than a minute, and less than
 * 1 GiB, or than a tenth of the disk, is free. A server without room for WAL stops.
 */
export function dangerOf(backlog: Backlog): 'backlog' | 'free' | undefined {
  const { count, bytes, freeBytes, totalBytes } = backlog;
  if (count > 1 && bytes > freeBytes) return 'backlog';
  return isBehind(backlog) && freeBytes < Math.max(enoughBytes, totalBytes / 10) ? 'free' : undefined;
}
