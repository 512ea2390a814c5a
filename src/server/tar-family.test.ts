import { describe, expect, it } from 'vitest';
import { familyOfTar } from './tar-family.ts';

describe('familyOfArchive', () => {
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
});
