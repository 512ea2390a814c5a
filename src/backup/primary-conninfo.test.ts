import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import type { SessionSettings } from '../replication/open-session.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import { formatConninfo, wordsForLibpq } from '../server/conninfo-words.ts';
import { identifyOpengauss, identifyPostgresql } from '../server/identity.ts';
import { standbyConfiguration } from '../server/standby-settings.ts';
import { primaryWords } from './primary-conninfo.ts';

const source: SessionSettings = { host: '/var/run/postgresql', port: 5433, user: 'copier' };

function conninfo(
  sources: readonly [SessionSettings, ...SessionSettings[]],
  { password, further }: { readonly password?: string; readonly further?: Record<string, string> } = {},
  release = 18,
): string {
  return formatConninfo(wordsForLibpq(primaryWords(sources, { password, further }), release).known);
}

describe('primaryWords', () => {
  it('quotes what is not a plain word', () => {
    expect(conninfo([source])).toBe("user=copier host='/var/run/postgresql' port=5433 sslmode=prefer");
    expect(
      conninfo([{ ...source, host: 'db', hostaddr: '10.0.0.1', sslmode: 'verify-full' }], {
        password: `it's a \\secret`,
      }),
    ).toBe(
      String.raw`user=copier password='it\'s a \\secret' host=db hostaddr=10.0.0.1 port=5433 sslmode='verify-full'`,
    );
  });

  it('names the password file instead of what is in it, whichever host it is for', () => {
    for (const sources of [
      [{ ...source, passwordFile: '/home/a b/.pgpass' }],
      [source, { ...source, passwordFile: '/home/a b/.pgpass' }],
    ] as [SessionSettings, ...SessionSettings[]][]) {
      const text = conninfo(sources, { password: 'from the file' });
      expect(text).toContain("passfile='/home/a b/.pgpass'");
      expect(text).not.toContain('from the file');
    }
  });

  it('says how the connection was made: several hosts, TLS and the rules of the login, files by absolute paths', () => {
    const settings: SessionSettings = {
      ...source,
      host: 'a',
      sslmode: 'verify-full',
      tls: {
        directory: '/root/.postgresql',
        rootCertificate: 'ca.crt',
        certificate: '/c/client.crt',
        key: '/c/client.key',
        keyPassword: 'k 1',
        revocationList: '/c/crl',
        sendsServerName: false,
        minVersion: 'TLSv1.3',
      },
      channelBinding: 'require',
      requireAuth: ['scram-sha-256', 'sha256', 'none'],
      targetSessionAttrs: 'primary',
      connectTimeoutMs: 3000,
      keepAlive: true,
      keepAliveIdleMs: 60_000,
      parameters: { application_name: 'gs_basebackup', options: '-c x=1' },
    };
    const further = { tcp_user_timeout: '1000', dbname: 'app', gssencmode: 'disable' };
    const sources = [settings, { ...settings, host: 'b', hostaddr: '10.0.0.2', port: 5434 }] as const;
    expect(conninfo(sources, { further })).toBe(
      `user=copier channel_binding=require connect_timeout=3 host='a,b' hostaddr=',10.0.0.2' port='5433,5434' options='-c x=1' keepalives_idle=60 ` +
        `sslmode='verify-full' sslcert='/c/client.crt' sslkey='/c/client.key' sslpassword='k 1' sslrootcert='${join(process.cwd(), 'ca.crt')}' ` +
        `sslcrl='/c/crl' sslsni=0 ssl_min_protocol_version=TLSv1.3 require_auth='scram-sha-256,none' target_session_attrs=primary ` +
        'tcp_user_timeout=1000 dbname=app gssencmode=disable',
    );
    const eleven = wordsForLibpq(primaryWords(sources, { password: undefined, further }), 11);
    expect(formatConninfo(eleven.known)).toBe(
      `user=copier connect_timeout=3 host='a,b' hostaddr=',10.0.0.2' port='5433,5434' options='-c x=1' keepalives_idle=60 ` +
        `sslmode='verify-full' sslcert='/c/client.crt' sslkey='/c/client.key' sslrootcert='${join(process.cwd(), 'ca.crt')}' sslcrl='/c/crl' ` +
        "target_session_attrs='read-write'",
    );
    expect(eleven.leftOut).toEqual([
      'channel_binding',
      'sslpassword',
      'sslsni',
      'ssl_min_protocol_version',
      'require_auth',
      'tcp_user_timeout',
    ]);
  });

  it('does not give a libpq values that it does not know', () => {
    const words = primaryWords(
      [{ ...source, tls: { rootCertificate: 'system' }, targetSessionAttrs: 'standby', randomAddress: true }],
      { password: undefined, further: undefined },
    );
    expect(wordsForLibpq(words, 13).leftOut).toEqual([
      'sslrootcert=system',
      'target_session_attrs=standby',
      'load_balance_hosts',
    ]);
    expect(wordsForLibpq(words, 15).leftOut).toEqual(['sslrootcert=system', 'load_balance_hosts']);
    expect(wordsForLibpq(words, 16).leftOut).toEqual([]);
  });
});

describe('standbyConfiguration', () => {
  const settings = {
    primaryConninfo: [
      ['host', 'db'],
      ['password', "a'b"],
    ],
    slot: 'one',
  } as const;
  const of = (release: string) => standbyConfiguration(settings, capabilitiesOf(identifyPostgresql(release)));

  it('is a signal file and settings from PostgreSQL 12, recovery.conf before', () => {
    const lines = "primary_conninfo = 'host=db password=''a\\\\''b'''\nprimary_slot_name = 'one'\n";
    expect(of('12.3')).toEqual({
      files: [{ name: 'standby.signal', text: '' }],
      appended: { name: 'postgresql.auto.conf', text: fromText(`\n${lines}`) },
      leftOut: [],
    });
    expect(of('11.2')).toEqual({
      files: [{ name: 'recovery.conf', text: fromText(`standby_mode = 'on'\n${lines}`) }],
      appended: undefined,
      leftOut: [],
    });
  });

  it('is refused for openGauss, with what makes a standby there', () => {
    const opengauss = capabilitiesOf(identifyOpengauss('(openGauss-lite 5.0.5 build c9f6da70)'));
    expect(() => standbyConfiguration(settings, opengauss)).toThrow(/-R is not for openGauss and MogDB/);
  });
});
