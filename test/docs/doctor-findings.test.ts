/** The list of what `gausskeep doctor` can say is complete, and so are the tests that make it say it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { doctorFindings, otherSentences } from '../../scripts/doctor-findings.ts';
import { english } from '../../src/messages/english.ts';
import { projectRoot } from '../support/project.ts';

const findings = Object.entries(doctorFindings).flatMap(([check, all]) => all.map((one) => ({ check, ...one })));

it('every sentence of doctor belongs to a finding, and every finding has its sentences', () => {
  const used = new Set(findings.flatMap(({ what, why = [], fix = [] }) => [what, ...why, ...fix]));
  const sentences = Object.keys(english).filter((key) => key.startsWith('doctor.'));
  const others = sentences.filter((key) => otherSentences.some((pattern) => pattern.test(key)));
  expect([...used, ...others].sort()).toEqual(sentences.sort());
});

it('each warning and error has a reason and a remedy', () => {
  const bare = findings.filter(
    ({ severity, why = [], fix = [] }) =>
      (severity.includes('warning') || severity.includes('error')) && (why.length === 0 || fix.length === 0),
  );
  expect(bare).toEqual([]);
});

it('each finding that is not "ok" is provoked on a real server or on the stand-in', () => {
  const tests = ['test/e2e', 'test/opengauss'].flatMap((directory) =>
    readdirSync(join(projectRoot, directory))
      .filter((name) => /^doctor.*\.test\.ts$/.test(name))
      .map((name) => readFileSync(join(projectRoot, directory, name), 'utf8')),
  );
  const provoked = new Set(
    tests.flatMap((text) =>
      [...text.matchAll(/provoked\(\s*'([\w-]+)',\s*'([\w.-]+)'/g)].map(([, check, what]) => `${check}: ${what}`),
    ),
  );
  const expected = findings.flatMap(({ check, what, severity }) =>
    severity.every((one) => one === 'ok') ? [] : [`${check}: ${what}`],
  );
  expect(expected.filter((one) => !provoked.has(one))).toEqual([]);
});
