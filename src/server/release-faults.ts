import type { ServerIdentity } from './identity.ts';

/** A defect of some releases that damages data, backups or recoveries, and the release that mends it. */
export interface ReleaseFault {
  readonly what:
    'doctor.release.partial-record' | 'doctor.release.concurrent-index' | 'doctor.release.multixact-replay';
  /** For people: `14.4`. */
  readonly fixedIn: string;
}

interface FaultRange extends Pick<ReleaseFault, 'what'> {
  readonly family: ServerIdentity['family'];
  /** First release without it, by major release; others do not have it. */
  readonly fixedIn: Readonly<Record<number, number>>;
  /** Only the release just before has it: that brought it. */
  readonly isRegression?: boolean | undefined;
}

/** Source: release notes of PostgreSQL, chapter E of its manual. */
const ranges: readonly FaultRange[] = [
  {
    family: 'postgresql',
    what: 'doctor.release.partial-record',
    fixedIn: { 10: 19, 11: 14, 12: 9, 13: 5, 14: 1 },
  },
  { family: 'postgresql', what: 'doctor.release.concurrent-index', fixedIn: { 14: 4 } },
  {
    family: 'postgresql',
    what: 'doctor.release.multixact-replay',
    fixedIn: { 15: 17, 17: 9, 18: 3 },
    isRegression: true,
  },
];

export function releaseFaults({ family, major, minor }: ServerIdentity): ReleaseFault[] {
  return ranges.flatMap((range) => {
    const fixed = range.family === family && major !== undefined ? range.fixedIn[major] : undefined;
    if (fixed === undefined || minor === undefined || minor >= fixed) return [];
    if (range.isRegression === true && minor !== fixed - 1) return [];
    return [{ what: range.what, fixedIn: `${major}.${fixed}` }];
  });
}
