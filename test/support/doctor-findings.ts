import { expect } from 'vitest';
import { doctorFindings } from '../../scripts/doctor-findings.ts';
import { english } from '../../src/messages/english.ts';
import type { MessageKey } from '../../src/messages/message.ts';

/** One of `--json`. */
export interface ToldFinding {
  readonly check: string;
  readonly severity: string;
  readonly what: string;
  readonly why?: string;
  readonly fix?: string;
}

/** The sentence `key` with any values. */
function sentenceOf(key: MessageKey): RegExp {
  const parts = english[key].split(/(\{[^{}]*\})/).map((part) => {
    const plural = /^\{[^|]*\|([^|]*)\|(.*)\}$/.exec(part);
    if (plural) return `(?:${literal(plural[1]!)}|${literal(plural[2]!)})`;
    return part.startsWith('{') ? '.*' : literal(part);
  });
  return new RegExp(`^${parts.join('')}$`, 's');
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}

/**
 * What the finding with the sentence `what` of `check` looks like in `--json`: its severity, its reason and its remedy are those of the reference.
 * @param severity where it has several
 */
export function provoked(check: keyof typeof doctorFindings, what: MessageKey, severity?: string): object {
  const known = doctorFindings[check].find((finding) => finding.what === what);
  if (known === undefined) throw new Error(`${check} never says ${what}`);
  if (severity === undefined && known.severity.length > 1) throw new Error(`${what}: which severity?`);
  if (severity !== undefined && !known.severity.includes(severity as 'ok'))
    throw new Error(`${what}: never ${severity}`);
  const { why, fix } = known;
  const advises = severity !== 'ok' && known.severity[0] !== 'note';
  return {
    check,
    severity: severity ?? known.severity[0],
    what: expect.stringMatching(sentenceOf(what)) as unknown,
    ...(advises && why ? { why: expect.stringMatching(anyOf(why)) as unknown } : {}),
    ...(advises && fix
      ? {
          fix: fix.includes('doctor.login.fix')
            ? (expect.any(String) as unknown)
            : (expect.stringMatching(anyOf(fix)) as unknown),
        }
      : {}),
  };
}

function anyOf(keys: readonly MessageKey[]): RegExp {
  return new RegExp(keys.map((key) => sentenceOf(key).source).join('|'), 's');
}
