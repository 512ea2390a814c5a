import { describe, expect, it } from 'vitest';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import type { TablespaceRow } from '../replication/base-backup.ts';
import { tarName, mapLink, placeTablespaces } from './tablespaces.ts';

const row = (oid: number | undefined, location: string | undefined, relative = false): TablespaceRow => ({
  oid,
  location: location === undefined ? undefined : fromText(location),
  relative,
  sizeKib: 1n,
});
const mappings = [{ oldDirectory: '/ts/a', newDirectory: '/new/a' }];

describe('placeTablespaces', () => {
  it('puts each where its mapping, its path or its place inside the data directory says', () => {
    const rows = [row(1, '/ts/a'), row(2, '/ts/ab'), row(3, 'pg_location/x/y', true), row(undefined, undefined)];
    expect(
      placeTablespaces(rows, mappings, '/data').map(({ directory, inside, mapped }) => [directory, inside, mapped]),
    ).toEqual([
      ['/new/a', false, true],
      ['/ts/ab', false, false],
      ['/data/pg_location/x/y', true, false],
    ]);
  });

  it('refuses a relative location that would leave the data directory', () => {
    for (const location of ['../x', 'a/../../x', '/etc', 'a//b', './a', '']) {
      expect(() => placeTablespaces([row(1, location, true)], [], '/data'), location).toThrow(
        'outside of its data directory',
      );
    }
  });
});

describe('mapLink', () => {
  it('changes only a link to exactly the mapped directory', () => {
    expect(mapLink(fromText('/ts/a'), mappings)).toBe('/new/a');
    expect(mapLink(fromText('/ts/a/'), mappings)).toBe('/new/a');
    expect(mapLink(fromText('/ts/a/b'), mappings)).toBe('/ts/a/b');
    const bytes = '/ts/\xff' as ByteString;
    expect(mapLink(bytes, mappings)).toBe(bytes);
  });
});

it('archiveName is the oid, or base for the data directory', () => {
  expect(tarName(row(16384, '/ts'))).toBe('16384');
  expect(tarName(row(undefined, undefined))).toBe('base');
});
