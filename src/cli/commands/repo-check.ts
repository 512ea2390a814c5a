import { repoCheckOptions } from '../../config/repository-options.ts';
import { checkRepository, type RepositoryFinding } from '../../index.ts';
import { say } from '../../messages/message.ts';
import { checkRecord, findingLines, findingRecord, lookedAtLines, mostAlike } from '../check-text.ts';
import type { Command } from '../command.ts';
import { openLookedAt } from '../open-looked-at.ts';
import { isS3Place } from '../../wal-archive.ts';

const statuses = { 'nothing-found': 0, warnings: 3, damaged: 20 } as const;

export const repoCheckCommand: Command = {
  synopsis: say('check-help.synopsis'),
  summary: say('check-help.what'),
  options: repoCheckOptions,
  run: async (given, context) => {
    const { terminal, signal } = context;
    const { repository, directory } = await openLookedAt(given, context);
    const findings: RepositoryFinding[] = [];
    const onFinding = (finding: RepositoryFinding): void => {
      findings.push(finding);
    };
    const lookedAt = await checkRepository(
      {
        repository,
        // Unfinished writes lie beside objects in a directory only.
        directory: isS3Place(directory) ? undefined : directory,
        instance: given.last('instance'),
        onFinding,
      },
      { signal },
    );
    const summary = checkRecord(findings, lookedAt);
    const lines = given.has('json')
      ? [...findings.map((finding) => JSON.stringify(findingRecord(finding))), JSON.stringify(summary)]
      : [...findingLines(findings, mostAlike), ...lookedAtLines(summary, lookedAt)];
    await terminal.data(`${lines.join('\n')}\n`);
    return statuses[summary.verdict];
  },
};
