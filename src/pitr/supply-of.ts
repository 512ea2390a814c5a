import type { Message } from '../messages/message.ts';
import { isEitherOfTwo } from '../survey/damaged-crossing.ts';
import type { WalInventory } from '../survey/inventory.ts';
import type { NeededSegment } from '../survey/prove-wal.ts';
import { filesOfLine, nameOnLine } from '../survey/read-line.ts';
import type { WalPlace } from '../survey/wal-place.ts';
import { segmentEndLsn } from '../wal/segment.ts';
import { gapBetween, type NotedGap } from '../window/noted-gap.ts';
import type { WalLine } from '../window/recovery-window.ts';

export type WalSupply = 'copy' | 'restore-command';

/** Why the WAL is supplied as it is. */
export type SupplyReason =
  | { readonly kind: 'asked' }
  /** Only WAL that is cut ends this server exactly at its target. */
  | { readonly kind: 'exact' }
  /** All of it is where the server can fetch it. */
  | { readonly kind: 'in-archive' }
  | { readonly kind: 'no-archive' }
  /** This segment, which comes next, is missing although WAL went on: a server that reads ahead would ask for it in vain, and end. */
  | { readonly kind: 'missing-behind'; readonly name: string }
  /** This segment, the last one needed or the one behind it, is damaged: a server that asks for it is told so, and ends. */
  | { readonly kind: 'damaged-behind'; readonly name: string; /** It, or this one. */ readonly or: string | undefined }
  /** There is one, in a repository that the server could not open. */
  | { readonly kind: 'out-of-reach'; readonly reason: Message }
  /** This segment is not where the server could fetch it. */
  | { readonly kind: 'elsewhere'; readonly name: string; readonly from: string };

/** What was asked of the supply, and from where a server can fetch. */
export interface SupplyRequest {
  /** Undefined: what suits the server and the WAL. */
  readonly supply: WalSupply | undefined;
  /** The place from which a server can fetch WAL; undefined: there is none. */
  readonly fetchesFrom: WalPlace | undefined;
  /** Why there is none, where there is an archive. */
  readonly outOfReach?: Message | undefined;
}

/** How WAL comes to the server: it fetches nothing but what lies in the archive. */
export function supplyOf(
  suits: WalSupply,
  segments: readonly NeededSegment[],
  { supply, fetchesFrom, outOfReach: reason }: SupplyRequest,
  obstacle: () => SupplyReason | undefined,
): { readonly supply: WalSupply; readonly supplyReason: SupplyReason } {
  if (supply !== undefined) return { supply, supplyReason: { kind: 'asked' } };
  if (suits === 'copy') return { supply: 'copy', supplyReason: { kind: 'exact' } };
  if (reason !== undefined) return { supply: 'copy', supplyReason: { kind: 'out-of-reach', reason } };
  if (fetchesFrom === undefined) return { supply: 'copy', supplyReason: { kind: 'no-archive' } };
  const stray = segments.find(({ found }) => found.place !== fetchesFrom);
  if (stray === undefined) {
    const supplyReason = obstacle();
    if (supplyReason !== undefined) return { supply: 'copy', supplyReason };
    return { supply: 'restore-command', supplyReason: { kind: 'in-archive' } };
  }
  return { supply: 'copy', supplyReason: { kind: 'elsewhere', name: stray.name, from: stray.from } };
}

export interface ObstacleContext {
  readonly line: WalLine;
  readonly inventory: WalInventory;
  readonly gaps: readonly NotedGap[];
  /** What is damaged, by name of segment. */
  readonly damaged: ReadonlyMap<string, Message>;
}

/** What a server would meet that fetches what it needs, and asks for more. */
export function findObstacle(
  segments: readonly NeededSegment[],
  { line, inventory, gaps, damaged }: ObstacleContext,
): SupplyReason | undefined {
  const ahead = nameBehind(segments, line, inventory);
  for (const name of [segments.at(-1)?.name, ahead]) {
    const damage = name === undefined ? undefined : damaged.get(name);
    if (name === undefined || damage === undefined) continue;
    return { kind: 'damaged-behind', name, or: isEitherOfTwo(damage) ? ahead : undefined };
  }
  return missingBehind(segments, line, inventory, gaps);
}

/** The segment behind the last one needed, where it is not there although WAL went on. */
function missingBehind(
  segments: readonly NeededSegment[],
  line: WalLine,
  inventory: WalInventory,
  gaps: readonly NotedGap[],
): SupplyReason | undefined {
  const last = segments.at(-1);
  const name = nameBehind(segments, line, inventory);
  if (last === undefined || name === undefined || inventory.segments.has(name)) return undefined;
  const next = segmentEndLsn(last.startLsn, inventory.segmentSizeBytes);
  const goesOn = gapBetween(gaps, next, next + 1n) !== undefined || filesOfLine(inventory, line, next).length > 0;
  return goesOn ? { kind: 'missing-behind', name } : undefined;
}

/** The segment that a server would ask for behind the last one needed. */
function nameBehind(
  segments: readonly NeededSegment[],
  line: WalLine,
  { segmentSizeBytes }: WalInventory,
): string | undefined {
  const last = segments.at(-1);
  return last && nameOnLine(line, segmentEndLsn(last.startLsn, segmentSizeBytes), segmentSizeBytes);
}
