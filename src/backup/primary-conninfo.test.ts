import { describe, expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import { identifyOpengauss, identifyPostgresql } from '../server/identity.ts';
import { standbyConfiguration } from '../server/standby-settings.ts';
import { primaryConninfo } from './primary-conninfo.ts';

const source = { host: '/var/run/postgresql', port: 5433, user: 'copier' };

describe('primaryConninfo', () => {
  it('quotes what is not a plain word', () => {
    expect(primaryConninfo(source, undefined)).toBe("user=copier host='/var/run/postgresql' port=5433 sslmode=prefer");
    expect(
      primaryConninfo({ ...source, host: 'db', hostaddr: '10.0.0.1', sslmode: 'verify-full' }, `it's a \\secret`),
    ).toBe(
      String.raw`user=copier password='it\'s a \\secret' host=db hostaddr=10.0.0.1 port=5433 sslmode='verify-full'`,
    );
  });

  it('names the password file instead of what is in it', () => {
    const text = primaryConninfo({ ...source, passwordFile: '/home/a b/.pgpass' }, 'from the file');
    expect(text).toContain("passfile='/home/a b/.pgpass'");
    expect(text).not.toContain('from the file');
  });
});

describe('standbyConfiguration', () => {
  const settings = { primaryConninfo: "host=db password='a\\'b'", slot: 'one' };
  const of = (release: string) => standbyConfiguration(settings, capabilitiesOf(identifyPostgresql(release)));

  it('is a signal file and settings from PostgreSQL 12, recovery.conf before', () => {
    const lines = "primary_conninfo = 'host=db password=''a\\\\''b'''\nprimary_slot_name = 'one'\n";
    expect(of('12.3')).toEqual({
      files: [{ name: 'standby.signal', text: '' }],
      appended: { name: 'postgresql.auto.conf', text: fromText(`\n${lines}`) },
    });
    expect(of('11.2')).toEqual({
      files: [{ name: 'recovery.conf', text: fromText(`standby_mode = 'on'\n${lines}`) }],
      appended: undefined,
    });
  });

  it('is refused for openGauss, with what makes a standby there', () => {
    const opengauss = capabilitiesOf(identifyOpengauss('(openGauss-lite 5.0.5 build c9f6da70)'));
    expect(() => standbyConfiguration(settings, opengauss)).toThrow(/-R is not for openGauss and MogDB/);
  });
});
