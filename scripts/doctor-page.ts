import { english } from '../src/messages/english.ts';
import type { MessageKey } from '../src/messages/message.ts';
import { doctorFindings, type KnownFinding } from './doctor-findings.ts';

/** docs/reference/doctor.md: every finding of `gausskeep doctor`. */
export function doctorPage(): string {
  const sections = Object.entries(doctorFindings).map(([check, findings]) =>
    [
      `## ${check}`,
      ['| severity | it says | why it matters | what mends it |', '|---|---|---|---|', ...findings.map(rowOf)].join(
        '\n',
      ),
    ].join('\n\n'),
  );
  return `${[
    '# What doctor finds',
    '<!-- Made by `npm run reference` from scripts/doctor-findings.ts and the sentences in src/messages. Edit those, not this file. -->',
    'Every finding of [`gausskeep doctor`](../guide/015-doctor.md), by the name of its check (`check` in `--json`; `severity` and the names are stable, the sentences are\n' +
      'for people). *unknown* is shown as "not checked": it could not be looked at, which is never the same as *ok*. Names in braces stand for values. Each finding that is not\n' +
      '*ok* is provoked by a test on a real PostgreSQL ([e2e/doctor](../../test/e2e/doctor.test.ts), [e2e/doctor-places](../../test/e2e/doctor-places.test.ts)) or on the openGauss stand-in\n' +
      '([opengauss/doctor](../../test/opengauss/doctor.test.ts)), and a test fails where one is not.',
    ...sections,
  ].join('\n\n')}\n`;
}

function rowOf({ what, severity, why = [], fix = [] }: KnownFinding): string {
  const remedies = fix.map(shown).join(' *or* ');
  const remedy = fix.includes('doctor.login.fix')
    ? `What the refusal of the server calls for, else: ${remedies}`
    : remedies;
  const cells = [severity.join(', '), shown(what), why.map(shown).join(' *or* '), remedy];
  return `| ${cells.join(' | ')} |`;
}

function shown(key: MessageKey): string {
  return english[key]
    .replaceAll(/\{[^|{}]*\|[^|{}]*\|([^|{}]*)\}/g, '$1')
    .replaceAll(/\{([a-zA-Z]+):word\}/g, '{$1}')
    .replaceAll('|', String.raw`\|`)
    .replaceAll('*', String.raw`\*`)
    .replaceAll('<', '&lt;');
}
