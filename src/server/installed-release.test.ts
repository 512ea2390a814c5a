import { describe, expect, it } from 'vitest';
import { identifyOpengauss, identifyPostgresql } from './identity.ts';
import { identityOfDirectory, identityOfProgram, opensDirectoryOf } from './installed-release.ts';

const postgres = /^postgres \(PostgreSQL\) /;
const gaussdb = /^(?:gaussdb|postgres) (?=\(|PostgreSQL)/;

describe('programs and data directories', () => {
  it.each([
    ['postgresql', '17', 'postgres (PostgreSQL) 17.2', postgres, true],
    ['postgresql', '17', 'postgres (PostgreSQL) 16.9 (Debian 16.9-1)', postgres, false],
    ['postgresql', '11', 'postgres (PostgreSQL) 11.22', postgres, true],
    ['opengauss', '9.2', 'gaussdb (openGauss 5.0.5 build c9f6da70) compiled at 2024-09-29', gaussdb, true],
  ] as const)('a directory of %s %s and %s', (family, versionFile, said, products, fits) => {
    const found = identityOfProgram(family, said, products);
    expect(found).toBeDefined();
    expect(opensDirectoryOf(identityOfDirectory(family, versionFile, undefined), undefined, found!)).toBe(fits);
  });

  it.each([
    ['openGauss', '5.0.5', 'gaussdb (openGauss 5.0.5 build c9f6da70) compiled', true],
    ['openGauss', '5.0.5', 'gaussdb (openGauss-lite 5.0.5 build c9f6da70) compiled', true],
    ['openGauss', '6.0.0', 'gaussdb (openGauss 5.0.5 build c9f6da70) compiled', false],
    ['MogDB', '5.0.5', 'gaussdb (openGauss 5.0.5 build c9f6da70) compiled', false],
  ])('what a restore noted, %s %s, and %s', (product, version, said, fits) => {
    const noted = { product, version };
    const found = identityOfProgram('opengauss', said, gaussdb);
    expect(opensDirectoryOf(identityOfDirectory('opengauss', '9.2', noted), noted, found!)).toBe(fits);
  });

  it('other programs are of no release', () => {
    expect(identityOfProgram('postgresql', 'postgres (EnterpriseDB) 17.2', postgres)).toBeUndefined();
    expect(identityOfProgram('postgresql', 'postgres (PostgreSQL) 9.6', postgres)).toBeUndefined();
    expect(opensDirectoryOf(identifyPostgresql('17.2'), undefined, identifyOpengauss('5.0.5'))).toBe(false);
  });
});
