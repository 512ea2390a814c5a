import { readEnvironment } from '../../config/environment.ts';
import type { GivenOptions } from '../../config/option-table.ts';
import { extraWord } from '../../config/parse-options.ts';
import { readRepositorySettings } from '../../config/repository-settings.ts';
import { expireOptions } from '../../config/retention-options.ts';
import { durationOption, retentionSettings } from '../../config/retention-settings.ts';
import { BackupError } from '../../errors/backup-error.ts';
import {
  databaseZone,
  performExpire,
  readCatalogue,
  readLiveHolds,
  rehearseExpire,
  type RetentionRules,
} from '../../index.ts';
import { say } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { warningLine } from '../error-text.ts';
import { expireLines, expireRecord } from '../expire-text.ts';
import { holdLines, holdRecord } from '../holds-text.ts';
import { openNamedKnownInstance } from '../open-instance.ts';

export const expireCommand: Command = {
  synopsis: say('expire-help.synopsis'),
  summary: say('expire-help.what'),
  options: expireOptions,
  run: async (given, context) => {
    const { program, terminal, signal } = context;
    const [word] = given.operands;
    if (word !== undefined) throw extraWord(program, word);
    const rules = rulesOf(given);
    const graceMs = durationOption(given, 'grace');
    const walWindowMs = durationOption(given, 'wal-window');
    const instance = await openNamedKnownInstance(await readRepositorySettings(given, readEnvironment()), context);
    const isDry = given.has('dry-run');
    const request = { instance, rules, graceMs, walWindowMs };
    const result = await (isDry
      ? rehearseExpire(request, instance.storage.nowMs ?? Date.now(), { signal })
      : performExpire(request, { signal }));
    for (const name of result.passedOver) terminal.line(warningLine(program, say('pruned.passed-over', { name })));
    // What is held now is what kept it: nothing of what this run deleted was.
    const holds = await readLiveHolds(instance.storage, await readCatalogue(instance.storage, { signal }), { signal });
    const text = given.has('json')
      ? JSON.stringify({ ...expireRecord(instance.name, result, isDry), holds: holds.map(holdRecord) })
      : [...expireLines(instance.name, result, isDry), ...holdLines(holds)].join('\n');
    await (isDry ? terminal.data(`${text}\n`) : terminal.report(`${text}\n`));
    return 0;
  },
};

function rulesOf(given: GivenOptions): RetentionRules {
  const text = given.last('time-zone');
  const zone = text === undefined ? undefined : databaseZone(text);
  if (text !== undefined && zone === undefined) {
    throw new BackupError('USAGE', say('expire-text.bad-zone', { text }), { hint: say('expire-text.bad-zone.hint') });
  }
  return { ...retentionSettings(given), zone };
}
