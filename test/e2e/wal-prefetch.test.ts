/** Recovery with segments that are fetched ahead: out of a repository, by the script that a restore makes, whatever happens to the spool meanwhile. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { differences, snapshotData, type Content } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { programPath, runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { repositoryKinds } from '../support/repository-kinds.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];
const segments = 10;

forEachServer('full', (version) => {
  describe.each(repositoryKinds(version))('repo init %s', (encryption) => {
    const isEncrypted = encryption !== '';
    let named: readonly string[];
    let names: string[];
    let content: Content;
    let copy: PostgresServer | undefined;

    const gausskeep = (args: readonly string[], env: Record<string, string> = {}): Promise<ProgramResult> =>
      runProgram('gausskeep', args, { env: { GAUSSKEEP_CACHE: join(temporaryDirectory('cache'), 'c'), ...env } });
    async function done(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
      const result = await gausskeep(args, env);
      expect(result.status, result.stderr).toBe(0);
      return result.stdout;
    }

    beforeAll(async () => {
      const repository = join(serverDirectory('repository'), 'repo');
      const secret = join(serverDirectory('secret'), 'password');
      writeFileSync(secret, 'correct horse battery staple\n', { mode: 0o600 });
      if (runningAsRoot) giveToServerUser(secret);
      const password = isEncrypted ? ['--password-file', secret] : [];
      named = ['--repo', repository, '--instance', 'orders', ...password];
      await done(['repo', 'init', repository, ...(isEncrypted ? [encryption, ...password] : [])]);
      const push = `${process.execPath} ${programPath('gausskeep')} wal push %p ${named.join(' ')}`;
      const server = await startServer({ version, config: { archive_mode: true, archive_command: push } });
      const client = await server.client();
      await loadData(client, { rows: 500 });
      await done(
        ['backup', '-c', 'fast', '-h', server.host, '-p', String(server.port), ...named],
        server.environment(),
      );
      names = [];
      for (let number = 0; number < segments; number += 1) {
        await client.query(`create table after_${String(number)} as select generate_series(1, 100) as n`);
        names.push(await server.value('select pg_walfile_name(pg_switch_wal())'));
      }
      content = await snapshotData(client);
      await client.end();
      await server.waitFor(`select last_archived_wal >= '${names.at(-1) ?? ''}' from pg_stat_archiver`);
    });
    afterEach(async () => {
      await copy?.stop('immediate');
      copy = undefined;
    });

    async function restored(...args: string[]): Promise<{ data: string; spool: string; log: string }> {
      const data = join(temporaryDirectory('restored'), 'data');
      await done(['restore', '--no-sync', '-D', data, ...owner, ...named, '--allow-end-of-wal', ...args]);
      const script = join(data, '.gausskeep.restore-command');
      const log = join(serverDirectory('log'), 'get.log');
      writeFileSync(script, readFileSync(script, 'utf8').replace("'--absent-status'", `'--log-file' '${log}' $&`));
      return { data, spool: join(data, '.gausskeep.wal-spool'), log };
    }

    async function recovered(data: string): Promise<void> {
      copy = await startFrom(data, { settings: { archive_mode: false } });
      await copy.waitFor('select not pg_is_in_recovery()');
      expect(differences(content, await snapshotData(await copy.client()))).toEqual([]);
    }

    /** Segments that were delivered, and of these the ones that had been fetched ahead. */
    function delivered(log: string, spool: string): { all: number; ahead: number } {
      const lines = readFileSync(log, 'utf8').split('\n');
      const all = lines.filter((line) => names.some((name) => line.includes(`${name}: delivered`)));
      return { all: all.length, ahead: all.filter((line) => line.includes(spool)).length };
    }

    async function until(condition: () => boolean): Promise<void> {
      for (const end = performance.now() + 120_000; !condition();) {
        if (performance.now() > end) throw new Error('it did not come to that');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }

    it('gives the server what was fetched ahead, and leaves nothing behind', async () => {
      const { data, spool, log } = await restored(...(isEncrypted ? [] : ['--prefetch', '4']));
      waitForWhatLiesAhead(data, spool);
      await recovered(data);
      const { all, ahead } = delivered(log, spool);
      expect(all).toBeGreaterThanOrEqual(segments);
      expect(ahead).toBeGreaterThan(0);
      // Whoever fetched sees that the server is out of recovery.
      await until(() => !existsSync(spool));
    });

    it('gives it without starting node for each, where nothing is to be logged', async () => {
      const { data, spool, log } = await restored('--prefetch', '8');
      const script = join(data, '.gausskeep.restore-command');
      const counted = join(serverDirectory('counted'), 'names');
      // Which segments the server asked for, and for which of them node was started.
      writeFileSync(script, readFileSync(script, 'utf8').replace(` '--log-file' '${log}'`, ''));
      waitForWhatLiesAhead(data, spool, `-print)"; : "$(echo "asked $1" >>'${counted}'`);
      const started = `echo "node $1" >>'${counted}'\n'${process.execPath}' `;
      writeFileSync(
        script,
        readFileSync(script, 'utf8').replace(`'${process.execPath}' `, () => started),
      );
      await recovered(data);
      const lines = readFileSync(counted, 'utf8').split('\n');
      const times = (what: string): number => names.filter((name) => lines.includes(`${what} ${name}`)).length;
      expect(times('asked')).toBe(segments);
      expect(times('node')).toBeLessThan(segments);
    });

    it.runIf(!isEncrypted)('fetches ahead from a directory only when it is told to', async () => {
      const { data, spool } = await restored();
      expect(readFileSync(join(data, '.gausskeep.restore-command'), 'utf8')).not.toContain('--prefetch');
      await recovered(data);
      expect(existsSync(spool)).toBe(false);
    });

    it('recovers whatever lies in the spool, damaged or half-written, and whoever fetches is killed', async () => {
      const { data, spool, log } = await restored('--prefetch', '8');
      waitForWhatLiesAhead(data, spool, `-exec sh -c 'printf x >>"$1" && echo "$1"' sh {} ';'`);
      const state = { isOver: false };
      const killing = (async () => {
        for (let kills = 0; !state.isOver && kills < 2; await new Promise((resolve) => setTimeout(resolve, 5))) {
          for (const folder of existsSync(spool) ? readdirSync(spool) : []) kills += killFetcher(join(spool, folder));
        }
      })();
      try {
        await recovered(data);
      } finally {
        state.isOver = true;
        await killing;
      }
      expect(delivered(log, spool).all).toBeGreaterThanOrEqual(segments);
      expect(readFileSync(log, 'utf8')).toContain('what was fetched ahead is damaged');
    });

    /**
     * Until there was once something ahead, each segment that the server asks for is kept from it until something is, as long as somebody fetches.
     * @param forEach of `find`: what is done with all that lies ahead before each segment
     */
    function waitForWhatLiesAhead(data: string, spool: string, forEach = '-print'): void {
      const script = join(data, '.gausskeep.restore-command');
      const lines = `
ahead() { find '${spool}' -name '[0-9A-F]*.*' -size +16383k "$@" 2>/dev/null; }
looks=0
while [ ! -e '${spool}.seen' ] && [ -z "$(ahead)" ] && kill -0 "$(cat '${spool}'/*/lock 2>/dev/null)" 2>/dev/null; do
  looks=$((looks + 1)); [ $looks -lt 1000 ] || break
  sleep 0.05
done
if [ -n "$(ahead ${forEach})" ]; then : >'${spool}.seen'; fi
`;
      writeFileSync(
        script,
        readFileSync(script, 'utf8').replace('#!/bin/sh\n', (first) => first + lines),
      );
    }

    /** @returns how many it killed */
    function killFetcher(folder: string): number {
      try {
        const pid = Number(readFileSync(join(folder, 'lock'), 'latin1'));
        if (!(pid > 0)) return 0;
        process.kill(pid, 'SIGKILL');
        return 1;
      } catch {
        // Nobody is at work, or it is over.
        return 0;
      }
    }

    it('recovers beside a spool that is of another account, and says so', async () => {
      const { data, spool, log } = await restored('--prefetch', '4');
      mkdirSync(spool, { mode: 0o777 });
      execFileSync('chmod', ['0777', spool]);
      await recovered(data);
      expect(readFileSync(log, 'utf8')).toContain('nothing is fetched ahead');
      expect(readdirSync(spool)).toEqual([]);
    });
  });
});
