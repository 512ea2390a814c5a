import { describe, expect, it } from 'vitest';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { render } from '../messages/message.ts';
import { restoreRulesOf } from '../server/restore-rules.ts';
import { lsn } from '../wal/lsn.ts';
import type { PlaceFacts, TargetFacts } from './facts.ts';
import type { SourceFacts, SourceTablespace } from '../backup-source/source-facts.ts';
import { planTablespaces, unusedMappings } from './plan-tablespaces.ts';
import { planHead, planSteps } from './plan-sentences.ts';
import { planRestore, type RestorePlan } from './plan.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { RestoreRequest } from './request.ts';

const path = (text: string): ByteString => fromText(text);

const source: SourceFacts = {
  description: '/backup',
  format: 'tar',
  localPaths: [path('/backup')],
  rules: restoreRulesOf('postgresql'),
  label: {
    startLsn: lsn(0x2000028n),
    startSegment: '000000010000000000000002',
    startTimeline: 1,
    checkpointLsn: lsn(0x2000060n),
    method: 'streamed',
    from: 'primary',
    startTime: '2026-11-21 09:00:00 UTC',
    label: 'nightly',
    incrementalFrom: undefined,
  },
  systemIdentifier: 7n,
  manifest: undefined,
  tablespaces: [],
  totalBytes: 1000,
  owner: { uid: 26, gid: 26 },
  groupAccess: false,
  configuration: {
    main: path('port = 5432\n'),
    overriding: undefined,
    hasHba: true,
    hasIdent: true,
    limits: undefined,
  },
  limits: undefined,
  slots: [path('logical')],
  versionDirectories: [],
};

const target: TargetFacts = {
  path: path('/data/new'),
  state: 'missing',
  isMountPoint: false,
  owner: undefined,
  systemIdentifier: undefined,
  unfinished: undefined,
  hasControlFile: false,
  links: [],
  insideInstance: undefined,
  asideSuffix: '.before-restore-X',
  ownUid: 0,
  ownGid: 0,
};

const filled: TargetFacts = { ...target, state: 'filled', systemIdentifier: 7n, hasControlFile: true };
const request: RestoreRequest = { from: { kind: 'directory', path: '/backup' }, directory: '/data/new' };
const space: SourceTablespace = { oid: 16400, location: path('/ts/a'), linkTarget: undefined, inside: undefined };

function place(text: string, more: Partial<PlaceFacts> = {}): PlaceFacts {
  return {
    path: path(text),
    real: path(text),
    state: 'missing',
    isMountPoint: false,
    insideInstance: undefined,
    ...more,
  };
}

function plan(
  more: Partial<RestoreRequest> = {},
  {
    from = source,
    to = target,
    places = [],
  }: { from?: SourceFacts; to?: TargetFacts; places?: readonly PlaceFacts[] } = {},
): RestorePlan {
  const whole = { ...request, ...more };
  return planRestore(whole, {
    source: from,
    target: to,
    tablespaces: planTablespaces(whole, from, to),
    places: new Map(places.map((one) => [one.path, one])),
  });
}

const refused = (code: string, key: string): unknown =>
  expect.objectContaining({ code, sentence: expect.objectContaining({ key }) as unknown });
const failureOf = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('was not refused');
};

describe('where a backup may go', () => {
  it.each<[string, Partial<RestoreRequest>, TargetFacts, string, string]>([
    ['what is there', {}, filled, 'TARGET_NOT_EMPTY', 'files.not-empty'],
    ['another instance', { force: true }, { ...filled, systemIdentifier: 8n }, 'SYSTEM_MISMATCH', 'restore.foreign'],
    [
      'another instance in a delta, even when allowed',
      { delta: true, allowForeign: true },
      { ...filled, systemIdentifier: 8n },
      'SYSTEM_MISMATCH',
      'restore.foreign',
    ],
    [
      'an unknown instance in a delta',
      { delta: true },
      { ...filled, systemIdentifier: undefined },
      'SYSTEM_MISMATCH',
      'restore.delta-unknown',
    ],
    ['force and delta', { force: true, delta: true }, filled, 'USAGE', 'restore.delta-and-force'],
    ['the backup itself', { force: true }, { ...filled, path: path('/backup') }, 'USAGE', 'restore.overlap'],
    ['a directory around the backup', { force: true }, { ...filled, path: path('/') }, 'USAGE', 'restore.overlap'],
    [
      'another instance’s directory',
      {},
      { ...target, insideInstance: path('/data') },
      'TARGET_NOT_EMPTY',
      'restore.inside-instance',
    ],
  ])('refused: %s', (_, more, to, code, key) => {
    expect(failureOf(() => plan(more, { to }))).toEqual(refused(code, key));
  });

  it('a missing directory, an empty one, the same instance, another one when allowed', () => {
    expect(plan().mode).toBe('fresh');
    expect(plan({ delta: true }, { to: { ...target, state: 'empty' } }).mode).toBe('fresh');
    expect(plan({ delta: true }, { to: filled }).mode).toBe('delta');
    expect(
      plan(
        { delta: true },
        { to: { ...filled, systemIdentifier: undefined, unfinished: { systemIdentifier: 7n, backup: undefined } } },
      ).mode,
    ).toBe('delta');
    const other = { ...filled, systemIdentifier: 8n };
    expect(plan({ force: true, allowForeign: true }, { to: other }).mode).toBe('replace');
  });

  it('moves the directory and its tablespaces aside, on their own file systems', () => {
    const links = [{ oid: 16400, target: path('/ts/a'), real: path('/ts/a') }];
    const places = [place('/ts/a', { state: 'filled', isMountPoint: true })];
    const { movedAside } = plan({ force: true }, { to: { ...filled, links }, places });
    expect(movedAside).toEqual([
      {
        what: 'tablespace',
        oid: 16400,
        from: '/ts/a',
        to: '/ts/a/gausskeep.before-restore-X',
        how: 'entries',
      },
      { what: 'data-directory', oid: undefined, from: '/data/new', to: '/data/new.before-restore-X', how: 'rename' },
    ]);
  });

  it('an incremental backup is refused', () => {
    const label = { ...source.label, incrementalFrom: { lsn: lsn(1n), timeline: 1 } };
    expect(failureOf(() => plan({}, { from: { ...source, label } }))).toEqual(refused('USAGE', 'restore.incremental'));
  });
});

describe('tablespaces', () => {
  const from = { ...source, tablespaces: [space] };

  it('go where a mapping says, by directory or oid, else to their own path if that is free', () => {
    const to = (more: Partial<RestoreRequest>): string | undefined =>
      plan(more, { from, places: [place('/ts/a'), place('/new/a'), place('/all/16400')] }).tablespaces[0]?.directory;
    expect(to({})).toBe('/ts/a');
    expect(to({ tablespaces: [{ from: { directory: '/ts/a/' }, to: '/new/a' }] })).toBe('/new/a');
    expect(to({ tablespaces: [{ from: { oid: 16400 }, to: '/new/a' }] })).toBe('/new/a');
    expect(to({ allTablespaces: '/all/' })).toBe('/all/16400');
    const unused = { ...request, tablespaces: [{ from: { directory: '/ts' }, to: '/x' }] };
    expect(unusedMappings(unused, from)).toEqual(['/ts']);
  });

  it.each<[string, Partial<PlaceFacts>, string]>([
    ['filled', { state: 'filled' }, 'restore.tablespace-filled'],
    ['in another instance', { insideInstance: path('/ts') }, 'restore.tablespace-in-instance'],
    ['in the backup, by a link', { real: path('/backup/x') }, 'restore.tablespace-filled'],
  ])('are refused a directory that is %s', (_, facts, key) => {
    expect(failureOf(() => plan({}, { from, places: [place('/ts/a', facts)] }))).toEqual(
      refused('TARGET_NOT_EMPTY', key),
    );
  });

  it('do not share a directory', () => {
    const two = { ...source, tablespaces: [space, { ...space, oid: 16401, location: path('/ts/a/b') }] };
    expect(failureOf(() => plan({}, { from: two, places: [place('/ts/a'), place('/ts/a/b')] }))).toEqual(
      refused('USAGE', 'restore.tablespace-shared'),
    );
  });

  it('at relative locations stay inside, linked to the new directory', () => {
    const inside = { ...space, location: path('/old/data/pg_location/x/y'), inside: path('pg_location/x/y') };
    const [placed] = plan({}, { from: { ...source, tablespaces: [inside] } }).tablespaces;
    expect(placed).toMatchObject({
      directory: '/data/new/pg_location/x/y',
      isInside: true,
      link: '/data/new/pg_location/x/y',
    });
  });

  it('a delta keeps the directory that it has', () => {
    const links = [{ oid: 16400, target: path('/elsewhere'), real: path('/elsewhere') }];
    const places = [place('/elsewhere', { state: 'filled' })];
    expect(plan({ delta: true }, { from, to: { ...filled, links }, places }).tablespaces[0]?.directory).toBe(
      '/elsewhere',
    );
  });
});

describe('owner and modes', () => {
  it('root gives to the owner of the target, else of the backup, else keeps', () => {
    expect(plan().owner).toEqual({ uid: 26, gid: 26 });
    expect(plan({}, { to: { ...target, state: 'empty', owner: { uid: 5, gid: 6 } } }).owner).toEqual({
      uid: 5,
      gid: 6,
    });
    expect(plan({ owner: { uid: 9, gid: 9 } }).owner).toEqual({ uid: 9, gid: 9 });
    expect(plan({}, { from: { ...source, owner: undefined } })).toMatchObject({ owner: undefined, ownerIsRoot: true });
  });

  it('others cannot give', () => {
    const to = { ...target, ownUid: 26, ownGid: 26 };
    expect(plan({}, { to }).owner).toBeUndefined();
    expect(failureOf(() => plan({ owner: { uid: 27, gid: 27 } }, { to }))).toEqual(
      refused('USAGE', 'restore.owner-not-root'),
    );
  });

  it('the group may read only where the product and the backup let it', () => {
    const readable = { ...source, groupAccess: true };
    expect(plan({}, { from: readable }).modeMask).toBe(0o750);
    expect(plan({}, { from: { ...readable, rules: restoreRulesOf('postgresql', false) } }).modeMask).toBe(0o700);
    expect(plan({}, { from: { ...readable, rules: restoreRulesOf('opengauss') } }).modeMask).toBe(0o700);
  });
});

describe('archiving', () => {
  const recovery: RestoreRequest['recovery'] = {
    sentences: () => [],
    limits: [],
    preparedAgain: new Set<bigint>(),
    isProved: true,
    archiveRecovery: true,
    keepsBackupWal: true,
    walBytes: 0,
    readsFrom: [],
    prepare: () => Promise.resolve(),
  };
  const archivingOf = (family: 'postgresql' | 'opengauss', more: Partial<RestoreRequest>): string =>
    plan(more, { from: { ...source, rules: restoreRulesOf(family) } }).configuration.archiving;

  it('is off unless it is asked for', () => {
    expect(archivingOf('postgresql', {})).toBe('off');
    expect(archivingOf('postgresql', { recovery })).toBe('off');
    expect(archivingOf('opengauss', { recovery })).toBe('off');
    expect(archivingOf('postgresql', { settings: [{ name: 'archive_mode', value: 'on' }] })).toBe('preserve');
    expect(archivingOf('postgresql', { settings: [{ name: 'archive_mode', value: 'no' }] })).toBe('off');
    const asked: Partial<RestoreRequest> = { archiveMode: 'off', settings: [{ name: 'Archive_Mode', value: 'on' }] };
    expect(archivingOf('postgresql', asked)).toBe('off');
    expect(archivingOf('opengauss', { archiveMode: 'preserve' })).toBe('preserve');
  });
});

describe('the plan as text', () => {
  it('has the six steps of the manual', () => {
    // By root, the command would go through su.
    const to = { ...filled, ownUid: 26, ownGid: 26 };
    const made = plan({ force: true, settings: [{ name: 'work_mem', value: '5MB' }] }, { to });
    const lines = [...planHead(made), ...planSteps(made).flatMap((step) => [step.title, ...step.lines])].map((line) =>
      render(line),
    );
    expect(lines.filter((line) => /^\d\. /.test(line)).map((line) => line.slice(0, 2))).toEqual([
      '1.',
      '2.',
      '3.',
      '4.',
      '5.',
      '6.',
    ]);
    expect(lines).toContain('move "/data/new" to "/data/new.before-restore-X"');
    expect(lines).toContain('set work_mem = 5MB');
    expect(lines).toContain('replication slot "logical" is not restored');
    expect(lines).toContain('pg_ctl start -D /data/new');
  });
});

it('no manifest vouches for files that were compared with nothing', () => {
  const manifest = { version: 2, systemIdentifier: 7n, files: new Map(), walRanges: [] } as unknown as Manifest;
  const listed = { ...source, manifest };
  const wanted = { manifestChecksums: 'CRC32C' } as const;
  expect(plan(wanted, { from: listed })).toMatchObject({ manifestChecksums: 'CRC32C', unchecked: [] });
  const chain = { ...listed, earlier: [{ ...source, description: '/full' }] };
  expect(failureOf(() => plan(wanted, { from: chain }))).toEqual(refused('USAGE', 'restore.manifest-unchecked'));
  const unverified = failureOf(() => plan({ ...wanted, verify: false }, { from: listed }));
  expect(unverified).toEqual(refused('USAGE', 'restore.manifest-unverified'));
});
