/** `gausskeep verify --repo`: what it says of backups is what a restore of them meets. */
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startServer, type PostgresServer } from '../support/postgres/server.ts';
import { loadData } from '../support/postgres/load.ts';
import { runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { repositoryKinds } from '../support/repository-kinds.ts';
import { forEachServer } from '../support/servers-under-test.ts';

forEachServer('full', (version) => {
  describe.each(repositoryKinds(version))('repo init %s', (encryption) => {
    let server: PostgresServer;
    let repository: string;
    let environment: Record<string, string>;

    const gausskeep = (args: readonly string[]): Promise<ProgramResult> =>
      runProgram('gausskeep', args, { env: environment });

    beforeAll(async () => {
      repository = join(temporaryDirectory('repository'), 'repo');
      const password = join(temporaryDirectory('secret'), 'password');
      writeFileSync(password, 'correct horse\n', { mode: 0o600 });
      server = await startServer({ version, config: { wal_level: 'replica' } });
      environment = { ...server.environment(), GAUSSKEEP_REPO: repository, GAUSSKEEP_INSTANCE: 'orders' };
      if (encryption !== '') environment['GAUSSKEEP_PASSWORD_FILE'] = password;
      const made = await gausskeep(['repo', 'init', repository, ...(encryption === '' ? [] : [encryption])]);
      expect(made.status, made.stderr).toBe(0);
      const client = await server.client();
      await loadData(client, { rows: 5000 });
      for (const note of ['first', 'second']) {
        const stored = await gausskeep(['backup', '-c', 'fast', '--note', note]);
        expect(stored.status, stored.stderr).toBe(0);
      }
      await client.end();
    });

    /** Large objects: packs of content. */
    function packs(): string[] {
      const found = readdirSync(repository, { recursive: true, encoding: 'utf8' }).map((name) =>
        join(repository, name),
      );
      return found.filter(
        (path) => statSync(path).isFile() && statSync(path).size > 200_000 && !path.includes('/wal/'),
      );
    }

    const verify = (...more: string[]): Promise<ProgramResult> => gausskeep(['verify', '--json', ...more]);

    const verdicts = ({
      stdout,
    }: ProgramResult): { messageType: string; state: string; filesRead: number; faults: { file: string | null }[] }[] =>
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as ReturnType<typeof verdicts>[number])
        .filter(({ messageType }) => messageType === 'verdict');

    it('finds every backup sound, and says what it has looked at', async () => {
      const [quick, whole] = [await verify(), await verify('--read-data')];
      expect([quick.status, whole.status], quick.stderr + whole.stderr).toEqual([0, 0]);
      expect(verdicts(quick).map(({ state, filesRead }) => [state, filesRead])).toEqual([
        ['present', 0],
        ['present', 0],
      ]);
      for (const { state, filesRead } of verdicts(whole)) {
        expect(state).toBe('sound');
        expect(filesRead).toBeGreaterThan(500);
      }
      const said = await gausskeep(['verify']);
      expect(said.stdout).toContain('its content was not read');
    });

    it('finds a flipped bit in a pack with --read-data, names the files, and a restore meets the same', async () => {
      const [pack] = packs();
      const [sound, aside] = [readFileSync(pack!), join(temporaryDirectory('aside'), 'pack')];
      copyFileSync(pack!, aside);
      const flipped = Buffer.from(sound);
      flipped[100_000] = (flipped[100_000] ?? 0) ^ 0x10;
      writeFileSync(pack!, flipped);
      expect((await verify()).status).toBe(0);
      const whole = await verify('--read-data');
      expect(whole.status).toBe(20);
      expect(verdicts(whole)[0]!.faults.length).toBeGreaterThan(0);
      expect(verdicts(whole)[0]!.faults[0]!.file).not.toBeNull();
      const target = join(temporaryDirectory('target'), 'data');
      const [first] = verdicts(whole) as unknown as [{ id: string }];
      const restored = await gausskeep([
        'restore',
        '-D',
        target,
        '--backup',
        first.id,
        '--target-immediate',
        '--no-sync',
      ]);
      expect(restored.status).toBe(20);
      copyFileSync(aside, pack!);
      expect((await verify('--read-data')).status).toBe(0);
    });

    it('does not call an instance sound that has no backup, and a failed one leaves no pack', async () => {
      const before = packs();
      // Its archive has one generation, and it is not that one.
      const refused = await gausskeep(['backup', '--instance', 'empty', '-c', 'fast', '--generation', '7']);
      expect(refused.status, refused.stderr).toBe(2);
      expect(packs()).toEqual(before);
      const verified = await gausskeep(['verify', '--instance', 'empty']);
      expect([verified.status, verified.stdout], verified.stderr).toEqual([3, '']);
    });

    it('finds a pack that is gone without reading any', async () => {
      const [pack] = packs();
      const aside = join(temporaryDirectory('aside'), 'pack');
      copyFileSync(pack!, aside);
      rmSync(pack!);
      const quick = await verify();
      expect(quick.status).toBe(20);
      expect(verdicts(quick).every(({ state }) => state === 'damaged')).toBe(true);
      const target = join(temporaryDirectory('target'), 'data');
      const restored = await gausskeep(['restore', '-D', target, '--target-immediate', '--no-sync']);
      expect([restored.status, existsSync(target)], restored.stderr).toEqual([20, false]);
      expect(restored.stderr).toContain('none of the backups can be used');
      copyFileSync(aside, pack!);
      expect((await verify()).status).toBe(0);
    });
  });
});
