import { readEnvironment } from '../../config/environment.ts';
import { extraWord, usage } from '../../config/parse-options.ts';
import { repoProbeOptions } from '../../config/repository-options.ts';
import { readRepositorySettings, repositoryOf } from '../../config/repository-settings.ts';
import { probePlace, type ProbedPlace } from '../../index.ts';
import { say, type Message } from '../../messages/message.ts';
import { shownPlace } from '../../wal-archive.ts';
import type { Command } from '../command.ts';
import { warningLine } from '../error-text.ts';
import { speak } from '../speech.ts';
import { storeRecord } from '../store-findings.ts';

/** What was found is not what is noted. */
const differs = 3;

export const repoProbeCommand: Command = {
  synopsis: say('store.probe.synopsis'),
  summary: say('store.probe.what'),
  options: repoProbeOptions,
  run: async (given, { program, terminal, signal }) => {
    const [operand, further] = given.operands;
    const word = given.has('repo') ? operand : further;
    if (word !== undefined) throw extraWord(program, word);
    const named = repositoryOf(await readRepositorySettings(given, readEnvironment(), operand));
    const takeOver = given.has('take-over');
    const from = given.last('take-over');
    const probed = await probePlace(named, { takeOver, from, signal });
    const place = shownPlace(named);
    if (probed === undefined) throw usage(program, say('store.probe.directory', { place }));
    const isNoted = isAsNoted(probed);
    if (given.has('json')) {
      const { noted, found } = probed;
      const record = { noted: noted === undefined ? null : storeRecord(noted), found: storeRecord(found) };
      await terminal.data(`${JSON.stringify({ messageType: 'probe', place, ...record, isNoted, takeOver })}\n`);
    } else {
      await terminal.data(`${speak(say(`store.puts.${probed.found.putOnce}`, { place }))}\n`);
      for (const line of linesOf(probed, { isNoted, takeOver })) await terminal.data(`${speak(line)}\n`);
    }
    const { noted } = probed;
    if (takeOver && noted?.host !== undefined && !isNoted) {
      terminal.line(warningLine(program, say('store.probe.old-host', { host: noted.host.name })));
    }
    return isNoted || takeOver ? 0 : differs;
  },
};

function isAsNoted({ noted, found }: ProbedPlace): boolean {
  return noted?.putOnce === found.putOnce && noted.host?.id === found.host?.id;
}

function linesOf(
  { noted, found }: ProbedPlace,
  { isNoted, takeOver }: { readonly isNoted: boolean; readonly takeOver: boolean },
): Message[] {
  const hosts = found.host === undefined ? [] : [say('store.one-host', { host: found.host.name })];
  if (takeOver) return [...hosts, say('store.probe.taken')];
  if (noted === undefined) return [say('store.probe.unused')];
  if (isNoted) return [...hosts, say('store.probe.as-noted')];
  const how =
    noted.host === undefined ? say('store.probe.how') : say('store.probe.how-from', { host: noted.host.name });
  if (noted.host !== undefined && found.host !== undefined) {
    return [say('store.probe.other-host', { host: noted.host.name }), how];
  }
  return [say(`store.probe.noted.${noted.putOnce}`), how];
}
