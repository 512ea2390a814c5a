/** Several hosts at one repository in a store, by the built programs. Who is where is made certain: a program stands still at a request while the others work. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SharedRepository } from '../support/object-store/shared-repository.ts';
import { forRealStore } from '../support/object-store/stores-under-test.ts';

// Some ten programs, one after another.
vi.setConfig({ testTimeout: 300_000 });

forRealStore((store) => {
  let world: SharedRepository;
  beforeEach(async () => {
    world = await SharedRepository.make(store);
  });
  afterEach(() => world.close());

  it('two of one instance and one of another at once: all are whole (REP-21, REP-22)', async () => {
    const [first, second, third] = [await world.host(), await world.host(), await world.host()];
    // The first instance object and the archive are made by two at once as well.
    const early = await first.stopAt(world.backup, { operation: 'PutObject', key: /\/commits\// });
    const other = await third.stopAt([...world.backup, '--instance', 'other'], {
      operation: 'PutObject',
      key: /\/commits\//,
    });
    world.change();
    await second.done(world.backup);
    expect(await world.ids()).toHaveLength(1);
    for (const program of [early, other]) {
      const { status, stderr } = await program.goOn();
      expect(status, stderr).toBe(0);
    }
    expect(await world.sound()).toHaveLength(2);
    expect(await world.ids('other')).toHaveLength(1);
    await second.done(world.backup);
    expect(await world.sound()).toHaveLength(3);
  });
});
