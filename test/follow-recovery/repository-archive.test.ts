/** What a copy that was restored from a repository says of its archive when its recovery is over. */
import { afterAll, afterEach, expect, it } from 'vitest';
import { parseLsn } from '../../src/wal/lsn.ts';
import { readOutcomes } from '../support/gs-ctl/outcomes.ts';
import { installStandIn, type StandIn } from '../support/gs-ctl/stand-in.ts';
import { emptyRecord } from '../support/recovered-instance.ts';
import { runDirectory } from '../support/run-directory.ts';

const outcome = readOutcomes().find(({ name }) => name === 'xid_inclusive')!;
let standIn: StandIn | undefined;
afterEach(async () => {
  await standIn?.stop();
  standIn = undefined;
});
afterAll(() => {
  runDirectory().clear();
});

/** The commands of the next steps. */
async function stepsAfter(passwordFile: string, outOfReach: boolean): Promise<string[]> {
  const words = ['--repo', '/backups/safe', '--instance', 'orders', '--password-file', passwordFile];
  const archive = { place: '/backups/safe (orders)', generation: 3, words, outOfReach };
  standIn = installStandIn(outcome, { record: { ...emptyRecord, archive, endLsn: parseLsn('0/28000578') } });
  for (const verb of ['recover', 'resume'] as const) {
    const { status, stdout, stderr } = await standIn.run(verb, ['--json']);
    expect(status, stderr).toBe(0);
    if (verb === 'resume') {
      const { nextSteps } = JSON.parse(stdout) as { nextSteps: { command?: string }[] };
      return nextSteps.flatMap(({ command }) => command ?? []);
    }
  }
  return [];
}

const open = 'gausskeep wal generation --open --parent 3 --fork-lsn 0/28000578 --repo /backups/safe --instance orders';

it('opens a generation in it, and archives there', async () => {
  const steps = await stepsAfter('/tools/password', false);
  expect(steps).toContain(`${open} --password-file /tools/password`);
  expect(steps.join('\n')).toContain(
    'wal push %p --repo /backups/safe --instance orders --password-file /tools/password --generation 4',
  );
});

it('has the next backup in the repository that the copy came from', async () => {
  const backups = (await stepsAfter('/tools/password', false)).filter((step) =>
    /basebackup|gausskeep backup/.test(step),
  );
  expect(backups).toEqual([
    expect.stringContaining(
      'gausskeep backup --repo /backups/safe --instance orders --password-file /tools/password -',
    ),
  ]);
});

it('opens a generation in it, and gives no archive_command that the server could not run', async () => {
  const steps = await stepsAfter('/tools/pass word', true);
  expect(steps).toContain(`${open} --password-file '/tools/pass word'`);
  expect(steps.join('\n')).not.toContain('wal push');
});
