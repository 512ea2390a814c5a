import { expect } from 'vitest';
import { phases, type OperationName } from '../../src/events/phases.ts';

interface Kept {
  readonly type: string;
  readonly phase: string;
  readonly atMs: number;
  readonly doneBytes?: number;
  readonly filesDone?: number;
}

/** A listener that keeps every event of an operation, as the page of a backup does. */
export interface KeptEvents<Event> {
  readonly onEvent: (event: Event) => void;
  readonly events: readonly Event[];
  /**
   * Expects of all of them: each is an object of its own, frozen, and says still what it said when it came; its phase is of the
   * operation, told by an event of its own before anything else in it; time and, within a phase, numbers only grow.
   * @returns the phases in the order in which they began
   */
  readonly check: () => string[];
}

export function keepEvents<Event extends object>(operation: OperationName): KeptEvents<Event> {
  const events: Event[] = [];
  const saidThen: string[] = [];
  const check = (): string[] => {
    expect(events.map(textOf)).toEqual(saidThen);
    expect(new Set(events).size).toBe(events.length);
    expect(events.filter((event) => !Object.isFrozen(event))).toEqual([]);
    const began: string[] = [];
    let before: Kept | undefined;
    for (const event of events as unknown as Kept[]) {
      if (event.type === 'phase') began.push(event.phase);
      expect(Object.keys(phases[operation])).toContain(event.phase);
      expect(event.phase).toBe(began.at(-1));
      expect(event.atMs).toBeGreaterThanOrEqual(before?.atMs ?? 0);
      if (event.type === 'phase') before = undefined;
      if (event.type !== 'progress') continue;
      expect(event.doneBytes).toBeGreaterThanOrEqual(before?.doneBytes ?? 0);
      expect(event.filesDone).toBeGreaterThanOrEqual(before?.filesDone ?? 0);
      before = event;
    }
    expect(began.length).toBeGreaterThan(0);
    return began;
  };
  return {
    events,
    check,
    onEvent: (event) => {
      events.push(event);
      saidThen.push(textOf(event));
    },
  };
}

/** All that an event says, nested parts included. */
function textOf(event: object): string {
  return JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? `${value.toString()}n` : value));
}
