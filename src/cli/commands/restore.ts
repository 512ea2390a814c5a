import type { GivenOptions } from '../../config/option-table.ts';
import { usage } from '../../config/parse-options.ts';
import { restoreOptions } from '../../config/restore-options.ts';
import { restoreSettings } from '../../config/restore-settings.ts';
import {
  pathToText,
  performRestore,
  planHead,
  planSteps,
  prepareRestore,
  restoreFindings,
  startCommand,
  unusedMappings,
  type RestoreEvent,
  type RestorePlan,
  type RestoreResult,
} from '../../index.ts';
import { render, say, type Message } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import type { ProgramContext } from '../program.ts';
import { planRecord, restoreRecord } from '../restore-record.ts';
import { VerifyProgress } from '../verify-progress.ts';

/** Status of a restore that is done but has warnings that need reading. */
const partial = 3;

export const restoreCommand: Command = {
  synopsis: say('restore.help.synopsis'),
  summary: say('restore.help.what'),
  options: restoreOptions,
  run: async (given, context) => {
    const { program, signal, terminal } = context;
    if (given.has('progress') && given.has('quiet')) {
      throw usage(program, say('verify.progress-and-quiet', { first: '-P/--progress', second: '-q/--quiet' }));
    }
    const request = restoreSettings(program, given);
    const wholePlan = given.has('plan');
    const prepared = await prepareRestore(request, { signal, wholePlan });
    const { plan } = prepared;
    for (const name of unusedMappings(request, plan.source)) {
      terminal.line(`${program}: warning: ${render(say('restore.mapping-unused', { name }))}`);
    }
    if (wholePlan) {
      await terminal.data(given.has('json') ? `${JSON.stringify(planRecord(plan))}\n` : planText(plan));
      return 0;
    }
    const result = await performRestore(prepared, { signal, onEvent: listener(given, context) });
    if (given.has('json')) await terminal.data(`${JSON.stringify(restoreRecord(result))}\n`);
    else if (!given.has('quiet'))
      await terminal.data(
        `${resultLines(result)
          .map((line) => render(line))
          .join('\n')}\n`,
      );
    return result.warnings.length > 0 ? partial : 0;
  },
};

function planText(plan: RestorePlan): string {
  const lines = planHead(plan).map((line) => render(line));
  for (const { title, lines: details } of planSteps(plan)) {
    lines.push(render(title), ...details.map((line) => `   - ${render(line)}`));
  }
  return `${lines.join('\n')}\n`;
}

function listener(given: GivenOptions, { program, terminal }: ProgramContext): (event: RestoreEvent) => void {
  const progress = given.has('progress') ? new VerifyProgress(terminal, 'restore.progress') : undefined;
  return (event) => {
    switch (event.type) {
      case 'progress':
        progress?.update({ ...event, finished: false });
        return;
      case 'step':
        if (!given.has('quiet')) terminal.line(`${program}: ${render(event.sentence)}`);
        return;
      case 'warning':
        terminal.line(`${program}: warning: ${render(event.sentence)}`);
    }
  };
}

/** What was done and what is left to do, at the end. */
function resultLines(result: RestoreResult): Message[] {
  const { plan, configuration, slots, dropped } = result;
  const path = pathToText(plan.directory);
  const { files, bytes, unchanged, removed, systemIdentifier: identifier } = result;
  return [
    plan.mode === 'delta'
      ? say('restore-plan.done-delta', { path, files, unchanged, removed })
      : say('restore-plan.done', { path, files, bytes, identifier }),
    ...(dropped.length > 0 ? [say('restore-plan.dropped', { names: names(dropped) })] : []),
    ...configuration.changed.map(({ name, value }) => say('restore-plan.set', { name, value: pathToText(value) })),
    ...configuration.disabled.map(({ name, value }) => say('restore-plan.disable', { name, value: pathToText(value) })),
    ...restoreFindings(configuration, plan.configuration.standalone),
    ...(slots.length > 0 ? [say('restore-plan.slots', { names: names(slots) })] : []),
    ...(configuration.archivingStopped ? [say('restore-plan.archive-again')] : []),
    say('restore-plan.next', { command: startCommand(plan) }),
  ];
}

function names(paths: RestoreResult['dropped']): string {
  const shown = paths.slice(0, 20).map((path) => pathToText(path));
  return [...shown, ...(paths.length > shown.length ? ['…'] : [])].join(', ');
}
