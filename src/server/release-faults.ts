import type { ServerIdentity } from './identity.ts';

/** A defect of some releases that damages data, backups or recoveries, and the release that mends it. */
export interface ReleaseFault {
  readonly what:
    | 'doctor.release.partial-record'
    | 'doctor.release.concurrent-index'
    | 'doctor.release.multixact-replay'
    | 'doctor.release.database-replay'
    | 'doctor.release.template-database'
    | 'doctor.release.truncation'
    | 'doctor.release.hash-index';
  /** For people: `14.4`. */
  readonly fixedIn: string;
}

interface FaultRange extends Pick<ReleaseFault, 'what'> {
  readonly family: ServerIdentity['family'];
  /** First minor release without it, or the first release of a later major one, by major release; others do not have it. */
  readonly fixedIn: Readonly<Record<number, number | string>>;
  /** Only the release just before has it: that brought it. */
  readonly isRegression?: boolean | undefined;
}

/**
 * Source: release notes of PostgreSQL, chapter E of its manual: 14.1 (2021-11-11), 14.4 (2022-06-16), 14.5, 13.8 and 11.17 (2022-08-11, "Fix replay of CREATE
 * DATABASE WAL records on standby servers"), 15.3 (2023-05-11, "Fix potential corruption of the template (source) database"), 17.3, 16.7 and 15.11 (2025-02-13,
 * "Fix data corruption when relation truncation fails", "Prevent checkpoints from starting during relation truncation"), 18.3. Of openGauss: its source, where
 * 3.0.0 brought WAL records of hash indexes (`src/gausskernel/storage/access/hash`, "row compression & hash index").
 */
const ranges: readonly FaultRange[] = [
  {
    family: 'postgresql',
    what: 'doctor.release.partial-record',
    fixedIn: { 10: 19, 11: 14, 12: 9, 13: 5, 14: 1 },
  },
  { family: 'postgresql', what: 'doctor.release.concurrent-index', fixedIn: { 14: 4 } },
  {
    family: 'postgresql',
    what: 'doctor.release.database-replay',
    fixedIn: { 10: 22, 11: 17, 12: 12, 13: 8, 14: 5 },
  },
  { family: 'postgresql', what: 'doctor.release.template-database', fixedIn: { 15: 3 } },
  { family: 'postgresql', what: 'doctor.release.truncation', fixedIn: { 15: 11, 16: 7, 17: 3 } },
  {
    family: 'postgresql',
    what: 'doctor.release.multixact-replay',
    fixedIn: { 15: 17, 17: 9, 18: 3 },
    isRegression: true,
  },
  { family: 'opengauss', what: 'doctor.release.hash-index', fixedIn: { 1: '3.0.0', 2: '3.0.0' } },
];

export function releaseFaults({ family, major, minor }: ServerIdentity): ReleaseFault[] {
  return ranges.flatMap((range) => {
    const fixed = range.family === family && major !== undefined ? range.fixedIn[major] : undefined;
    if (fixed === undefined || minor === undefined) return [];
    if (typeof fixed === 'string') return [{ what: range.what, fixedIn: fixed }];
    if (minor >= fixed || (range.isRegression === true && minor !== fixed - 1)) return [];
    return [{ what: range.what, fixedIn: `${major}.${fixed}` }];
  });
}
