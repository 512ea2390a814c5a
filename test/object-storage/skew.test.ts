/** A host whose clock a store refuses, by programs whose clock is another one than that of this machine: signed anew once, told, and no backup of a wrong time. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { writeFixtureWal } from '../support/fixture-wal.ts';
import { SharedRepository } from '../support/object-store/shared-repository.ts';
import { onInProcessServer } from '../support/object-store/stores-under-test.ts';
import { temporaryDirectory } from '../support/programs.ts';

const minuteMs = 60_000;

vi.setConfig({ testTimeout: 300_000 });

onInProcessServer((store) => {
  let world: SharedRepository;
  beforeEach(async () => {
    world = await SharedRepository.make(store);
  });
  afterEach(() => world.close());

  it('wal push and backup tell a clock that the store refuses, as doctor does', async () => {
    const host = await world.host();
    const wal = join(temporaryDirectory('data'), 'pg_xlog');
    const [first = '', second = '', third = ''] = [...(await writeFixtureWal(wal)).keys()];
    const archive = ['--archive', world.repository.replace(/repo$/, 'archive')];
    await host.done(['wal', 'push', join(wal, first), ...archive]);
    const refusals = (): number => host.script.requests.filter(({ storeStatus }) => storeStatus === 403).length;
    for (const [name, offMs, says] of [
      [second, 20 * minuteMs, 'ahead of'],
      [third, -20 * minuteMs, 'behind'],
    ] as const) {
      host.clockMs = offMs;
      host.script.begin();
      const pushed = await host.run(['wal', 'push', join(wal, name), ...archive]);
      expect(pushed.status, pushed.stderr).toBe(0);
      expect(pushed.stderr).toMatch(
        new RegExp(
          `^gausskeep wal push: (?:warning: )?the clock of this host is 1(?:199|200|201|202) s ${says} that of the object storage`,
          'm',
        ),
      );
      // The first request; all others are signed with the time of the store.
      expect(refusals()).toBe(1);
      expect(host.script.requests.length).toBeGreaterThan(3);

      host.script.begin();
      const refused = await host.run(world.backup);
      expect(refused.status, refused.stderr).toBe(19);
      const [, here, there] = /clock.*?(20\d\d-\S+Z).*?(20\d\d-\S+Z)/.exec(refused.stderr) ?? [];
      const apartMs = Date.parse(here ?? '') - Date.parse(there ?? '');
      expect(Math.abs(apartMs - offMs), refused.stderr).toBeLessThan(2 * minuteMs);
      expect(refusals()).toBe(1);
    }
    expect(world.packsOf()).toEqual([]);
    host.clockMs = 0;
    const pushed = await host.run(['wal', 'push', join(wal, third), ...archive]);
    expect([pushed.status, pushed.stderr.includes('clock')]).toEqual([0, false]);
  });
});
