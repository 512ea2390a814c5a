import type { CopiedInstance, CopyOutcome } from '../index.ts';
import { render, say, type Message } from '../messages/message.ts';
import { sizeText } from './size-text.ts';
import { speak } from './speech.ts';

/** What was copied of an instance, or would be. @param isDry nothing was done */
export function copyLines(copied: CopiedInstance, isDry: boolean): string[] {
  const { instance, backups, wal, read, marks } = copied;
  const count = (outcome: CopyOutcome): number => backups.filter((one) => one.outcome === outcome).length;
  const mended = backups.filter(({ outcome, wasThere }) => outcome === 'mended' || wasThere === true);
  const brought = backups.filter(({ outcome }) => outcome === 'mended');
  const numbers = { ...stored(backups.filter(({ outcome }) => outcome === 'copied')), count: count('copied') };
  const rest = stored(backups.filter(({ outcome }) => outcome !== 'copied' && outcome !== 'mended'));
  const present = count('present') + mended.length;
  const [expired, condemned] = [count('expired'), count('condemned')];
  const lines: Message[] = [
    say(isDry ? 'copy.would-copy' : 'copy.copied', { ...numbers, present }),
    ...(count('mended') > 0
      ? [say(isDry ? 'copy.would-mend' : 'copy.mended', { ...stored(brought), count: count('mended') })]
      : []),
    ...(rest.packs > 0 ? [say('copy.rest', rest)] : []),
    ...(expired > 0 ? [say('copy.expired', { count: expired })] : []),
    ...(condemned > 0 ? [say('copy.condemned', { count: condemned })] : []),
    ...renewedNames(copied).map((name) => say(isDry ? 'copy.would-renew' : 'copy.renewed', { name })),
    // What failed may not have come to it.
    ...(wal === undefined && copied.failure !== undefined ? [] : walLines(wal, isDry)),
    ...readLines(read),
    ...(marks > 0 ? [say(isDry ? 'copy.would-marks' : 'copy.marks', { count: marks })] : []),
  ];
  return [speak(say('copy.instance', { instance })), ...lines.map((line) => `  ${speak(line)}`)];
}

/** Of what says whose instance and archive it is, below the instance. */
function renewedNames({ isIdentityRenewed, wal }: CopiedInstance): string[] {
  return [...(isIdentityRenewed ? ['instance.json'] : []), ...(wal?.renewed ?? []).map((name) => `wal/${name}`)];
}

function readLines(read: CopiedInstance['read']): Message[] {
  if (read === undefined) return [];
  const { readPacks: count, packs, readBytes, bytes, mended } = read;
  return [say('copy.read', { count, packs, part: sizeText(readBytes), all: sizeText(bytes), mended })];
}

function stored(backups: CopiedInstance['backups']): { readonly packs: number; readonly bytes: string } {
  const packs = backups.reduce((sum, one) => sum + one.packs, 0);
  return { packs, bytes: sizeText(backups.reduce((sum, one) => sum + one.bytes, 0)) };
}

function walLines(wal: CopiedInstance['wal'], isDry: boolean): Message[] {
  if (wal === undefined) return [say('copy.no-wal')];
  const { segments: count, bytes, present, unneeded } = wal;
  const numbers = { count, bytes: sizeText(bytes), present };
  return [
    say(isDry ? 'copy.would-wal' : 'copy.wal', numbers),
    ...(wal.mended > 0 ? [say('copy.wal-mended', { count: wal.mended })] : []),
    ...(wal.read > 0 ? [say('copy.wal-read', { count: wal.read })] : []),
    ...(unneeded > 0 ? [say('copy.unneeded', { count: unneeded })] : []),
  ];
}

/** More names are counted, not shown. */
const mostNames = 5;

function few(names: readonly string[]) {
  return { items: [...names.slice(0, mostNames), ...(names.length > mostNames ? ['…'] : [])], separator: ', ' };
}

/** What is wrong, or was left out, a sentence each; with what to do where that is known. */
export function copyProblems(
  { instance, backups, harmed, wal, read, unreadable, isHeld, failure }: CopiedInstance,
  isDry: boolean,
): { readonly sentence: Message; readonly hint?: Message | undefined }[] {
  const problems: { readonly sentence: Message; readonly hint?: Message | undefined }[] = [];
  for (const { name, outcome, reasons, wasThere } of backups) {
    const values = { instance, name, reason: { items: [...reasons], separator: '; ' } };
    if (outcome === 'damaged' && wasThere === true) {
      problems.push({ sentence: say('copy.backup-not-mended', values) });
    } else if (outcome === 'damaged') {
      problems.push({ sentence: say(isDry ? 'copy.backup-would-fail' : 'copy.backup-damaged', values) });
    } else if (outcome === 'busy') {
      problems.push({ sentence: say('copy.backup-busy', values), hint: say('copy.backup-busy.hint') });
    } else if (outcome === 'removed') problems.push({ sentence: say('copy.backup-removed', { instance, name }) });
  }
  for (const { reason, backups: names } of harmed) {
    const sentence = say('copy.source-harmed', { instance, reason, count: names.length, list: few(names) });
    problems.push({ sentence, hint: say('copy.source-harmed.hint') });
  }
  for (const { name, generation, reason } of wal?.damaged ?? []) {
    problems.push({ sentence: say('copy.wal-damaged', { instance, name, generation, reason }) });
  }
  for (const { name, reason } of read?.damaged ?? []) {
    problems.push({ sentence: say('copy.read-damaged', { instance, name, reason }) });
  }
  const unfinished = wal?.unfinished ?? [];
  if (unfinished.length > 0) {
    const sentence = say('copy.wal-unfinished', { instance, count: unfinished.length, list: few(unfinished) });
    problems.push({ sentence, hint: say('copy.wal-unfinished.hint') });
  }
  for (const { name, error } of unreadable) {
    problems.push({ sentence: say('copy.unreadable', { instance, name, reason: error.sentence }) });
  }
  if (!isHeld) problems.push({ sentence: say('copy.not-held', { instance }) });
  if (failure !== undefined) {
    problems.push({
      sentence: say('copy.instance-failed', { instance, reason: failure.sentence }),
      hint: failure.hint,
    });
  }
  return problems;
}

export function copyRecord(copied: CopiedInstance, isDry: boolean): Record<string, unknown> {
  const { instance, backups, harmed, wal, read, marks, unreadable, isHeld, failure } = copied;
  return {
    ...{ messageType: 'copy', instance, isDryRun: isDry, isHeld, marks, renewed: renewedNames(copied) },
    backups: backups.map(({ backup: id, name, outcome, reasons, packs, bytes }) => ({
      ...{ id, name, outcome, reasons: reasons.map((reason) => render(reason)), packs, bytes },
    })),
    harmed: harmed.map(({ reason, backups: names }) => ({ reason: render(reason), backups: names })),
    wal:
      wal === undefined
        ? null
        : {
            ...{
              segments: wal.segments,
              bytes: wal.bytes,
              present: wal.present,
              unneeded: wal.unneeded,
              mended: wal.mended,
            },
            damaged: wal.damaged.map(({ name, generation, reason }) => ({ name, generation, reason: render(reason) })),
            unfinished: wal.unfinished,
            read: wal.read,
          },
    read:
      read === undefined
        ? null
        : { ...read, damaged: read.damaged.map(({ name, reason }) => ({ name, reason: render(reason) })) },
    unreadable: unreadable.map(({ name, error }) => ({ name, reason: render(error.sentence) })),
    failure: failure === undefined ? null : render(failure.sentence),
  };
}
