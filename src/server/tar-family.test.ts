import { describe, expect, it } from 'vitest';
import { familyOfTar } from './tar-family.ts';

describe('familyOfTar', () => {
  it.each([
    ['opengauss', undefined, 'opengauss'],
    ['tar', '9.2\n', 'opengauss'],
    ['tar', '10\n', 'postgresql'],
    ['tar', '17\n', 'postgresql'],
    ['tar', '9.6\n', undefined],
    ['tar', 'x', undefined],
    ['tar', undefined, undefined],
  ] as const)('takes %s with PG_VERSION %j for %s', (format, versionFile, family) => {
    expect(familyOfTar({ format, versionFile })).toBe(family);
  });

  it.each([
    ['tar', undefined, 'START WAL LOCATION: 0/2000028\nSTART TIMELINE: 1\n', 'postgresql'],
    ['tar', '9.2\n', 'START WAL LOCATION: 0/2000028\nSTART TIMELINE: 1\n', 'opengauss'],
    ['tar', undefined, 'START WAL LOCATION: 0/2000028\nLABEL: START TIMELINE: 1\n', undefined],
  ] as const)('takes %s with PG_VERSION %j and the label %j for %s', (format, versionFile, label, family) => {
    expect(familyOfTar({ format, versionFile, label: Buffer.from(label) })).toBe(family);
  });
});
