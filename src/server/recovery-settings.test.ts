import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { lsn } from '../wal/lsn.ts';
import { capabilitiesOf } from './capabilities-of.ts';
import { identifyOpengauss, identifyPostgresql } from './identity.ts';
import { checkRecoveryCommand } from './recovery-commands.ts';
import { recoveryConfiguration } from './recovery-settings.ts';
import { formatUtc, type RecoverySettings, type RecoveryTarget } from './recovery-target.ts';
import { addSettings, removeSettings, serialReplaySettings } from './settings-block.ts';
import { SettingsFile } from './settings-file.ts';

const opengauss = capabilitiesOf(identifyOpengauss('(openGauss-lite 5.0.5 build c9f6da70)'));
const postgresql = (version: string) => capabilitiesOf(identifyPostgresql(version));
const plain: RecoverySettings = {
  restoreCommand: undefined,
  target: { kind: 'latest' },
  timeline: undefined,
  action: 'pause',
};
const time: RecoveryTarget = { kind: 'time', timeUs: 1_795_210_105_980_598n };

const anyTarget = fc.oneof(
  fc.bigInt(0n, 4_000_000_000_000_000n).map((timeUs) => ({ kind: 'time', timeUs }) as const),
  fc.bigInt(1n, (1n << 64n) - 1n).map((value) => ({ kind: 'lsn', lsn: lsn(value) }) as const),
  fc.bigInt(3n, (1n << 64n) - 1n).map((xid) => ({ kind: 'xid', xid }) as const),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter((name) => !/[\u0000-\u001f\u007f]/.test(name))
    .map((name) => ({ kind: 'name', name }) as const),
);

/** What the server reads of it: every line must be one that it knows. */
function readBack(text: ByteString): [string, string][] {
  const lines = new SettingsFile(text).lines();
  expect(lines).toHaveLength(text.split('\n').filter((line) => line !== '').length);
  return lines.map(({ name, value }) => [name, value]);
}

/** Every key of openGauss 5.0 and its kind. Source: readRecoveryCommandFile, xlog.cpp. */
const opengaussKeys = [
  'restore_command',
  'recovery_end_command',
  'archive_cleanup_command',
  'pause_at_recovery_target',
  'recovery_target_timeline',
  'recovery_target_xid',
  'recovery_target_time',
  'recovery_target_name',
  'recovery_target_lsn',
  'recovery_target_inclusive',
];

describe('recovery.conf of openGauss (OG-07)', () => {
  it('has what the manual says, the undocumented pause, and a command that always fails where the WAL is there', () => {
    const { files } = recoveryConfiguration({ ...plain, target: time, inclusive: false, timeline: 1 }, opengauss);
    expect(files).toEqual([
      {
        name: 'recovery.conf',
        text: [
          "restore_command = '/bin/false'",
          "recovery_target_time = '2026-11-20 21:28:25.980598+00'",
          "recovery_target_inclusive = 'false'",
          "pause_at_recovery_target = 'true'",
          "recovery_target_timeline = '1'",
          '',
        ].join('\n'),
      },
    ]);
  });

  it('has known keys, each once, and exactly one target, and says the same when it is read back', () => {
    fc.assert(
      fc.property(anyTarget, fc.boolean(), (target, pause) => {
        const settings: RecoverySettings = {
          ...plain,
          restoreCommand: '/opt/get %f %p',
          target,
          action: pause ? 'pause' : 'promote',
        };
        const { files, autoConfiguration } = recoveryConfiguration(settings, opengauss);
        expect(autoConfiguration).toEqual([]);
        const read = readBack(files[0]?.text ?? ('' as ByteString));
        const names = read.map(([name]) => name);
        expect(new Set(names).size).toBe(names.length);
        expect(names.every((name) => opengaussKeys.includes(name))).toBe(true);
        expect(names.filter((name) => /^recovery_target_(time|xid|name|lsn)$/.test(name))).toEqual([
          `recovery_target_${target.kind}`,
        ]);
        const value = new Map(read).get(`recovery_target_${target.kind}`);
        if (target.kind === 'name') expect(value).toBe(fromText(target.name));
        if (target.kind === 'xid') expect(value).toBe(target.xid.toString());
        if (target.kind === 'time') expect(Date.parse(value ?? '')).toBe(Number(target.timeUs / 1000n));
        expect(new Map(read).get('pause_at_recovery_target')).toBe(String(pause));
      }),
    );
  });

  it('is not made for "immediate", and has no target for the end of the WAL', () => {
    expect(recoveryConfiguration({ ...plain, target: { kind: 'immediate' } }, opengauss).files).toEqual([]);
    expect(recoveryConfiguration(plain, opengauss).files[0]?.text).toBe("restore_command = '/bin/false'\n");
  });

  it('refuses what the server cannot do', () => {
    expect(() => recoveryConfiguration({ ...plain, target: time, action: 'shutdown' }, opengauss)).toThrow(
      'cannot shut down',
    );
    expect(() =>
      recoveryConfiguration({ ...plain, target: { kind: 'name', name: 'rp' }, inclusive: true }, opengauss),
    ).toThrow('"name"');
    expect(() => recoveryConfiguration({ ...plain, timeline: 2 ** 32 }, opengauss)).toThrow('timeline');
  });
});

describe('PostgreSQL', () => {
  it('gets a recovery.conf up to 11', () => {
    const settings: RecoverySettings = {
      ...plain,
      target: { kind: 'immediate' },
      timeline: 3,
      action: 'shutdown',
      recoveryEndCommand: "touch '/tmp/a b'",
    };
    for (const version of ['10.23', '11.22']) {
      const { files, autoConfiguration } = recoveryConfiguration(settings, postgresql(version));
      expect(autoConfiguration).toEqual([]);
      expect(readBack(files[0]?.text ?? ('' as ByteString))).toEqual([
        ['restore_command', '/bin/false'],
        ['recovery_end_command', "touch '/tmp/a b'"],
        ['recovery_target', 'immediate'],
        ['recovery_target_action', 'shutdown'],
        ['recovery_target_timeline', '3'],
      ]);
    }
  });

  it('gets recovery.signal and settings from 12, other targets emptied', () => {
    for (const version of ['12.1', '17.4', '18.0']) {
      const made = recoveryConfiguration({ ...plain, target: time, inclusive: true, timeline: 1 }, postgresql(version));
      expect(made.files).toEqual([{ name: 'recovery.signal', text: '' }]);
      expect(made.absentFiles).toEqual(['recovery.conf', 'recovery.done', 'standby.signal']);
      const values = Object.fromEntries(made.autoConfiguration.map(({ name, value }) => [name, value]));
      expect(values).toEqual({
        restore_command: '/bin/false',
        recovery_target: '',
        recovery_target_lsn: '',
        recovery_target_xid: '',
        recovery_target_name: '',
        recovery_target_time: '2026-11-20 21:28:25.980598+00',
        recovery_target_inclusive: 'on',
        recovery_target_action: 'pause',
        recovery_target_timeline: '1',
      });
    }
  });
});

describe('settings added for the recovery', () => {
  const conf = fromText("# own\nrestore_command = 'mine'\nport = 5433");
  const { autoConfiguration } = recoveryConfiguration({ ...plain, target: time }, postgresql('17.1'));

  it('win, and are gone without a trace afterwards', () => {
    const added = addSettings(conf, autoConfiguration);
    expect(new SettingsFile(added).value('restore_command')).toBe('/bin/false');
    expect(removeSettings(added, autoConfiguration)).toBe(`${conf}\n`);
  });

  it('are found again when ALTER SYSTEM has written the file anew; what somebody changed stays', () => {
    const rewritten = fromText(
      autoConfiguration
        .map(({ name, value }) => `${name} = '${name === 'restore_command' ? 'other' : value}'\n`)
        .join(''),
    );
    expect(removeSettings(rewritten, autoConfiguration)).toBe("restore_command = 'other'\n");
  });

  it('keep openGauss from replaying in parallel', () => {
    expect(serialReplaySettings(postgresql('17.1'))).toEqual([]);
    const added = addSettings(
      fromText('recovery_max_workers = 4\t# (change requires restart)\n'),
      serialReplaySettings(opengauss),
    );
    for (const name of ['recovery_max_workers', 'recovery_parse_workers', 'recovery_redo_workers']) {
      expect(new SettingsFile(added).value(name)).toBe('1');
    }
    expect(removeSettings(added, serialReplaySettings(opengauss))).toBe(
      'recovery_max_workers = 4\t# (change requires restart)\n',
    );
  });
});

describe('commands of the user', () => {
  const check =
    (text: string, name: 'restore_command' | 'recovery_end_command' | 'archive_cleanup_command' = 'restore_command') =>
    () => {
      checkRecoveryCommand(name, text, opengauss);
    };

  it('that the server takes are taken', () => {
    expect(check('cp /mnt/server/archivedir/%f %p')).not.toThrow();
    expect(check('pg_archivecleanup /mnt/server/archivedir %r', 'archive_cleanup_command')).not.toThrow();
    expect(check(`/${'a'.repeat(1016)} %f %p`)).not.toThrow();
    expect(() =>
      checkRecoveryCommand('restore_command', 'test -f "/a b/%f" && cp "/a b/%f" %p', postgresql('11.1')),
    ).not.toThrow();
  });

  it('that openGauss would run as something else are refused', () => {
    for (const text of [
      'cp "/a b/%f" %p',
      'test ! -f x && cp %f %p',
      'cp /a/%f %p 2>/dev/null',
      'cat /a/%f | gzip -d > %p',
      'cp $HOME/%f %p',
      'A=1 cp %f %p',
      'cp %f %p;',
    ]) {
      expect(check(text), text).toThrow('without one');
    }
    expect(check('touch /run/END_%r && touch /run/END2', 'recovery_end_command')).toThrow('&&');
  });

  it('with the wrong length, placeholders or characters are refused by both', () => {
    expect(check(`/${'a'.repeat(1017)} %f %p`)).toThrow('1024 bytes');
    expect(check('cp /a/%f /b')).toThrow('no %p');
    expect(check('cp /a/%%f %p')).toThrow('no %f');
    expect(check('cp /a/%f %p %x')).toThrow('"%x"');
    expect(check('touch %f', 'recovery_end_command')).toThrow('"%f"');
    expect(check(' ')).toThrow('empty');
    expect(check('cp %f\n%p')).toThrow('line feed');
  });
});

describe('formatUtc', () => {
  it('is what JavaScript reads back, to the microsecond', () => {
    fc.assert(
      fc.property(fc.bigInt(-1_000_000_000_000_000n, 4_000_000_000_000_000n), (timeUs) => {
        const text = formatUtc(timeUs);
        const fraction = /\.(\d+)\+00$/.exec(text)?.[1] ?? '';
        expect(BigInt(Date.parse(text.replace(/\.\d+/, ''))) * 1000n + BigInt(fraction.padEnd(6, '0'))).toBe(timeUs);
      }),
    );
  });

  it('has a word for every number that WAL can hold', () => {
    expect(formatUtc(253_402_300_800_000_000n)).toBe('10000-01-01 00:00:00+00');
    expect(formatUtc(8_640_000_000_000_000_000n)).toBe('275760-09-13 00:00:00+00');
    expect(formatUtc((1n << 63n) - 1n)).toBe('@9223372036854775807us');
    fc.assert(
      fc.property(fc.bigInt(-(1n << 63n), (1n << 63n) - 1n), (timeUs) => {
        expect(formatUtc(timeUs).length).toBeGreaterThan(20);
      }),
    );
  });
});
