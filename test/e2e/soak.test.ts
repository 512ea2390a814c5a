/** The long haul of `bench/soak`, one step of each kind: what `npm run bench -- soak` does for ten minutes. */
import { afterAll, expect, it } from 'vitest';
import { judge } from '../../bench/soak/judge.ts';
import { soak } from '../../bench/soak/soak.ts';
import { stopAllServers } from '../support/postgres/server.ts';
import { serversInFull } from '../support/servers-under-test.ts';

/** What a failed run printed, to repeat it. */
const seed = Number(process.env['GAUSSKEEP_SOAK_SEED'] ?? '20261122');

afterAll(stopAllServers);

it(`survives backups, restarts, kills and resets under load (seed ${seed})`, async () => {
  // The newest is enough: what differs by release is no matter of endurance.
  const version = serversInFull().at(-1) ?? 17;
  const judged = await judge(await soak({ version, seed, steps: 9 }), 2);
  expect(judged.backups).toBeGreaterThanOrEqual(2);
  expect(judged.counts.size).toBe(9);
  expect(judged.recovered).toHaveLength(2);
}, 900_000);
