import type { LookedAt, RepositoryFinding } from '../index.ts';
import { render, say } from '../messages/message.ts';
import { wrap } from './help-text.ts';
import { speak } from './speech.ts';
import { padToWidth, textWidth } from './text-width.ts';

const columns = 80;

/** So many findings of one kind about one instance are shown. */
export const mostAlike = 10;

/** What was found, as a whole. */
export interface CheckSummary {
  readonly messageType: 'repositoryCheck';
  /** `nothing-found`: in what was looked at, which is no content. */
  readonly verdict: 'nothing-found' | 'warnings' | 'damaged';
  readonly damages: number;
  readonly warnings: number;
  readonly notes: number;
  readonly lookedAt: LookedAt;
}

export function checkRecord(findings: readonly RepositoryFinding[], lookedAt: LookedAt): CheckSummary {
  const count = (severity: RepositoryFinding['severity']): number =>
    findings.filter((finding) => finding.severity === severity).length;
  const [damages, warnings, notes] = [count('damage'), count('warning'), count('note')];
  const verdict = damages > 0 ? 'damaged' : warnings > 0 ? 'warnings' : 'nothing-found';
  return { messageType: 'repositoryCheck', verdict, damages, warnings, notes, lookedAt };
}

export function findingRecord(finding: RepositoryFinding): Record<string, unknown> {
  const { severity, instance, object, what, action } = finding;
  return {
    ...{ messageType: 'repositoryFinding', severity, instance: instance ?? null, object, finding: what.key },
    ...{ what: render(what), action: action === undefined ? null : render(action) },
  };
}

/** Findings for people, with what to do about each, in 80 columns. @param most so many that are alike */
export function findingLines(findings: readonly RepositoryFinding[], most: number): string[] {
  const words = (['damage', 'warning', 'note'] as const).map((word) => speak(say(`repo-check.severity.${word}`)));
  const width = Math.max(...words.map(textWidth)) + 2;
  const alike = new Map<string, RepositoryFinding[]>();
  for (const finding of findings) {
    const kind = `${finding.instance ?? ''} ${finding.severity} ${finding.what.key}`;
    alike.set(kind, [...(alike.get(kind) ?? []), finding]);
  }
  return [...alike.values()].flatMap((some) => [
    ...some.slice(0, most).flatMap((finding) => linesOf(finding, width)),
    ...(some.length > most ? wrap(speak(say('repo-check.more', { count: some.length - most })), width, columns) : []),
  ]);
}

function linesOf({ severity, instance, what, action }: RepositoryFinding, width: number): string[] {
  const label = padToWidth(speak(say(`repo-check.severity.${severity}`)), width);
  const sentence = instance === undefined ? what : say('repo-check.of-instance', { instance, what });
  const [first = '', ...rest] = wrap(speak(sentence), width, columns);
  return [
    `${label}${first.trimStart()}`,
    ...rest,
    ...(action === undefined ? [] : wrap(speak(action), width + 2, columns)),
  ];
}

/** What all findings come to, and what that was looked for in. */
export function lookedAtLines({ verdict, damages, warnings }: CheckSummary, lookedAt: LookedAt): string[] {
  const result = verdict === 'nothing-found' ? say('repo-check.sound') : say('repo-check.found', { damages, warnings });
  const sentences = [
    result,
    say('repo-check.looked-at', { ...lookedAt }),
    say('repo-check.not-looked-at', { ...lookedAt }),
  ];
  return sentences.flatMap((sentence) => wrap(speak(sentence), 0, columns));
}
