/** Several hosts at one repository while hours pass: holds live and die, and clocks are wrong. The clock of the store is moved, and that of each program. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { everyFault } from '../faults/every-fault.ts';
import { pictureOf } from '../support/killed-programs.ts';
import type { SeenRequest } from '../support/object-store/fault-script.ts';
import { expireToOne, SharedRepository } from '../support/object-store/shared-repository.ts';
import { onInProcessServer } from '../support/object-store/stores-under-test.ts';
import { temporaryDirectory } from '../support/programs.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

// Some ten programs, one after another.
vi.setConfig({ testTimeout: 300_000 });

onInProcessServer((store) => {
  let world: SharedRepository;
  beforeEach(async () => {
    world = await SharedRepository.make(store);
  });
  afterEach(() => world.close());

  it.runIf(everyFault)(
    'retention elsewhere takes nothing of a backup that is made, wherever that is (REP-23)',
    async () => {
      const [maker, keeper] = [await world.host(), await world.host()];
      await maker.done(world.backup);
      world.change();
      await maker.done(world.backup);
      const [, prior] = await world.ids();
      const made = await maker.stopAt(world.backup, { operation: 'PutObject', key: /\/packs\// });
      // Its prior is not the newest any more, and only its hold keeps it; what was taken off is deleted in the second run.
      world.change();
      await keeper.done(world.backup);
      await keeper.done(expireToOne);
      world.moveTime(11 * hourMs);
      const expired = await keeper.done([...expireToOne, '--json']);
      expect((JSON.parse(expired) as { deleted: string[] }).deleted).toHaveLength(1);
      expect(await world.ids()).toContain(prior);
      const { status, stderr } = await made.goOn();
      expect(status, stderr).toBe(0);
      expect(await world.sound()).toHaveLength(3);
    },
  );

  it.runIf(everyFault)(
    'a restore goes on while its backup is taken off and time passes, and holds no one for ever (REP-26)',
    async () => {
      const [reader, keeper] = [await world.host(), await world.host()];
      await keeper.done(world.backup);
      const [id] = await world.ids();
      const target = (): string => join(temporaryDirectory('restored'), 'data');
      const restore = (data: string): string[] => [
        'restore',
        '--no-sync',
        '--target-immediate',
        '--backup',
        id!,
        '-D',
        data,
      ];
      const [before, meanwhile] = [target(), target()];
      // 3: the stand-in leaves out directories that a restore makes.
      reader.script.begin();
      const { status: usual, stderr: said } = await reader.run(restore(before));
      expect(usual, said).toBe(3);
      // The first pack that is read behind its hold.
      const asked = reader.script.requests;
      const held = asked.findIndex(({ operation, key }) => operation === 'PutObject' && key?.includes('/holds/'));
      const isPack = ({ operation, key }: SeenRequest): boolean =>
        operation === 'GetObject' && key?.includes('/packs/') === true;
      const nth = asked.slice(0, held).filter(isPack).length + 1;
      expect(asked.filter(isPack).length).toBeGreaterThanOrEqual(nth);
      // The hold that the first one left is dead.
      world.moveTime(25 * hourMs);
      const restored = await reader.stopAt(restore(meanwhile), { operation: 'GetObject', key: /\/packs\//, nth });
      world.change();
      await keeper.done(world.backup);
      await keeper.done(expireToOne);
      world.moveTime(11 * hourMs);
      await keeper.done(expireToOne);
      const { status, stderr } = await restored.goOn();
      expect(status, stderr).toBe(3);
      expect(pictureOf({ data: meanwhile })).toEqual(pictureOf({ data: before }));
      // A day later nobody has to take the holds away.
      world.moveTime(25 * hourMs);
      await keeper.done(expireToOne);
      world.moveTime(hourMs);
      const expired = await keeper.done([...expireToOne, '--json']);
      expect((JSON.parse(expired) as { deleted: string[] }).deleted).toEqual([id]);
      expect(await world.sound()).toHaveLength(1);
    },
  );

  it.runIf(everyFault)(
    'a host whose clock is an hour off makes no backup, and removes nothing too early (REP-27)',
    async () => {
      const host = await world.host();
      await host.done(world.backup);
      world.change();
      await host.done(world.backup);
      await host.done(expireToOne);
      for (const offMs of [hourMs, -hourMs]) {
        host.clockMs += offMs;
        const refused = await host.run(world.backup);
        expect(refused.status, refused.stderr).toBe(19);
        const early = JSON.parse(await host.done([...expireToOne, '--json'])) as {
          deleted: string[];
          waiting: string[];
        };
        expect([early.deleted.length, early.waiting.length]).toEqual([0, 1]);
        host.clockMs -= offMs;
      }
      world.moveTime(11 * minuteMs);
      host.clockMs -= hourMs;
      const late = JSON.parse(await host.done([...expireToOne, '--json'])) as { deleted: string[] };
      expect(late.deleted).toHaveLength(1);
      expect(await world.sound()).toHaveLength(1);
    },
  );

  it.each(everyFault ? ['/commits/', '/packs/', '/holds/'] : ['/commits/'])(
    'a backup that stands still before %s until its hold is dead publishes nothing, and leaves nothing (REP-25)',
    async (folder) => {
      const [sleeper, keeper] = [await world.host(), await world.host()];
      await sleeper.done(world.backup);
      world.change();
      const late = await sleeper.stopAt(world.backup, {
        operation: 'PutObject',
        key: new RegExp(folder),
        nth: folder === '/holds/' ? 2 : 1,
      });
      world.change();
      await keeper.done(world.backup);
      const [prior, kept] = await world.ids();
      const listed = [prior!, kept!].map((id) => id.slice(-32));
      const own = world.packsOf().filter((id) => !listed.includes(id));
      expect(own).toHaveLength(folder === '/commits/' ? 1 : 0);
      world.moveTime(25 * hourMs);
      await keeper.done(expireToOne);
      world.moveTime(hourMs);
      const expired = JSON.parse(await keeper.done([...expireToOne, '--json'])) as { deleted: string[] };
      expect(expired.deleted).toEqual([prior]);
      const { status, stderr } = await late.goOn();
      expect(status, stderr).toBe(11);
      expect(stderr).toMatch(/declared dead/);
      expect(await world.sound()).toEqual([kept]);
      expect(world.packsOf().filter((id) => own.includes(id))).toEqual([]);
      if (!everyFault) return;
      await sleeper.done(world.backup);
      expect(await world.sound()).toHaveLength(2);
      for (let day = 0; day < 2; day += 1) {
        world.moveTime(25 * hourMs);
        await keeper.done(expireToOne);
      }
      const [last] = await world.sound();
      // Packs of the prior and of the one behind it are those of the last one too, where nothing changed.
      const users = [prior, kept, last].map((id) => id!.slice(-32));
      expect(world.packsOf().filter((id) => !users.includes(id))).toEqual([]);
    },
  );
});
