/** What `gausskeep doctor` tells to do can be done as it stands: statements are pasted, options are checked, and no advice is given that does not fit. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chinese } from '../../src/messages/chinese.ts';
import { english } from '../../src/messages/english.ts';
import { render, type Catalogue, type MessageKey } from '../../src/messages/message.ts';
import { provoked } from '../support/doctor-findings.ts';
import { DoctorRun } from '../support/doctor-run.ts';
import { startServer, stopAllServers, type PostgresServer } from '../support/postgres/server.ts';
import { runProgram } from '../support/programs.ts';

const values = { name: 'archive_mode', value: 'on', user: '"Bad ""Role"', role: '"user"' } as const;
const advice = (Object.keys(english) as MessageKey[]).filter((key) => /^doctor\..*\bfix$|^refusal\./.test(key));
/** PostgreSQL has none of these. */
const ofOpengauss = / SYSADMIN;$| ACCOUNT UNLOCK;$/;

function adviceOf(key: MessageKey, catalogue: Catalogue): string {
  const own = key === 'doctor.slot.fix' ? { ...values, name: `'it''s'` } : values;
  return render({ key, parameters: own }, catalogue);
}

/** The statements that end a sentence, a comment behind them included; undefined: there are none. */
function statementsOf(sentence: string): string | undefined {
  return /(?:^|: |：)((?:ALTER (?:SYSTEM|ROLE|USER)|CREATE ROLE|SELECT|DROP) .*)$/s.exec(sentence)?.[1];
}

describe('what is to be pasted', () => {
  let server: PostgresServer;
  let doctor: DoctorRun;

  beforeAll(async () => {
    server = await startServer({ version: 17 });
    doctor = new DoctorRun(server);
  });
  afterAll(async () => {
    await stopAllServers();
  });

  it.each([
    ['English', english],
    ['Chinese', chinese],
  ] as const)('a server understands each statement of the advice in %s', async (_language, catalogue) => {
    let count = 0;
    for (const key of advice) {
      const sentence = adviceOf(key, catalogue);
      const statements = statementsOf(sentence);
      const says = /\b(?:ALTER (?:SYSTEM|ROLE|USER)|CREATE ROLE|SELECT|DROP [A-Z]+) /.test(sentence);
      expect([key, statements !== undefined]).toEqual([key, says]);
      if (statements === undefined) continue;
      expect([key, statements]).toEqual([key, expect.stringMatching(/;(?: -- [^\n]*)?$/)]);
      if (ofOpengauss.test(statements)) continue;
      // Read by the parser, and not run.
      await server.sql(`do $body$ begin if false then ${statements}\n end if; end $body$`);
      count += 1;
    }
    expect(count).toBeGreaterThanOrEqual(6);
    await expect(
      server.sql('do $body$ begin if false then ALTER ROLE Bad Role LOGIN;\n end if; end $body$'),
    ).rejects.toThrow(/syntax/);
  });

  it('the name of a role is a name of SQL', async () => {
    await server.sql('create role "Bad Role" login');
    const { found } = await doctor.examined([], { user: 'Bad Role' });
    const fix = found('replication-login')[0]?.fix ?? '';
    expect(fix).toBe('Give the role the attribute: ALTER ROLE "Bad Role" REPLICATION;');
    await server.sql(statementsOf(fix) ?? 'nothing');
    expect((await doctor.examined([], { user: 'Bad Role' })).found('replication-login')).toMatchObject([
      { severity: 'ok' },
    ]);
  });

  it('options that cannot be are refused in one sentence', async () => {
    const run = async (...words: string[]) => {
      const { status, stderr } = await runProgram('gausskeep', ['doctor', '-w', ...words], {
        env: server.environment(),
      });
      return [status, stderr.split('\n')[0]];
    };
    for (const port of ['x', '70000', '0', '1,x']) {
      const text = port.split(',').at(-1);
      expect(await run(`--ha-port=${port}`)).toEqual([
        ...[
          2,
          `gausskeep doctor: error: invalid port number "${text}": a whole number between 1 and 65535 is expected`,
        ],
      ]);
    }
    for (const seconds of ['x', '-1']) {
      expect(await run(`--rw-timeout=${seconds}`)).toEqual([
        2,
        `gausskeep doctor: error: invalid read/write timeout "${seconds}": a whole number between 0 and 2147483 is expected`,
      ]);
    }
    expect((await run('--rw-timeout=5'))[0]).toBeLessThan(5);
  });

  it('a server of another kind than was asked for is not examined', async () => {
    const { status, stdout, stderr } = await runProgram('gausskeep', ['doctor', '-w'], {
      env: { ...server.environment(), PGTARGETSESSIONATTRS: 'standby' },
    });
    expect([status, stdout]).toEqual([13, '']);
    expect(stderr).toMatch(/^gausskeep doctor: error: server at .* is not in hot standby mode/);
    expect(stderr).not.toContain('pg_hba');
  });

  it('pg_hba.conf is advice for what it refuses, and for nothing else', async () => {
    await server.sql('create role limited login replication connection limit 0');
    const { found } = await doctor.examined([], { user: 'limited' });
    expect(found('sql-login')).toMatchObject([provoked('sql-login', 'doctor.sql-login')]);
    expect(found('sql-login')[0]?.fix).not.toContain('pg_hba');
  });

  it('notes are not among what found nothing', async () => {
    const lines = await runProgram('gausskeep', ['doctor', '-w', '-v'], { env: server.environment() });
    const sound = lines.stdout.match(/^ok: /gm)?.length;
    expect(lines.stdout).toMatch(/^note: /m);
    expect(lines.stdout).toContain(`, ${sound} checks found nothing, `);
  });

  it('the zone is that of the session', async () => {
    await server.sql(`create role elsewhere superuser login; alter role elsewhere set timezone = 'Asia/Tokyo'`);
    const { found } = await doctor.examined([], { user: 'elsewhere' });
    expect(found('clock')[0]?.what).toMatch(/the time zone of this session there is Asia\/Tokyo$/);
  });

  it('a role that is told little leaves no error in the log of the server', async () => {
    await server.sql('create role quiet login replication');
    const logged = () => server.log().match(/ERROR: .*/g) ?? [];
    const before = logged().length;
    const { of } = await doctor.examined(['-D', '/tmp/none'], { user: 'quiet' });
    expect(of('unknown')).toContain('space');
    expect(logged().slice(before)).toEqual([]);
    await server.sql('grant pg_read_all_stats to quiet');
    expect((await doctor.examined(['-D', '/tmp/none'], { user: 'quiet' })).of('unknown')).not.toContain('space');
    expect(logged().slice(before)).toEqual([]);
  });
});
