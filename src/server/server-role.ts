/** What a server is to its clients. `unknown`: it takes no part now, or does not say. */
export type ServerRole = 'primary' | 'standby' | 'unknown';

/**
 * By the number that IDENTIFY_MODE of openGauss answers: 1 normal, 2 primary, 3 standby, 4 cascade standby, 5 pending,
 * 6 recovery, 7 standby cluster, 8 main standby (both of a cluster for disaster recovery, which replays another's WAL).
 * Source: replicainternal.h, ServerMode.
 */
const roleOfMode: readonly ServerRole[] = [
  'unknown',
  'primary',
  'primary',
  'standby',
  'standby',
  'unknown',
  'unknown',
  'standby',
  'standby',
];

export function roleOfInstanceMode(mode: number): ServerRole {
  return roleOfMode[mode] ?? 'unknown';
}
