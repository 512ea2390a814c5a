import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf, formatS3Place, parseS3Place, shownPlace, type S3Location } from './location.ts';

const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 _.+=@/-]{0,20}$/);
const locations: fc.Arbitrary<S3Location> = fc.record({
  bucket: fc.stringMatching(/^[a-z0-9][a-z0-9.-]{1,20}[a-z0-9]$/),
  prefix: fc.constantFrom('', 'a/', 'a/b c/ü/', '100%/+x/'),
  endpoint: fc.constantFrom(undefined, 'https://obs.example.com', 'https://10.0.0.1:9000'),
  region: fc.option(fc.stringMatching(/^[a-z0-9-]{1,12}$/), { nil: undefined }),
  style: fc.constantFrom(undefined, 'path' as const, 'virtual' as const),
  caFile: fc.option(word, { nil: undefined }),
  credentialsFile: fc.option(word, { nil: undefined }),
  profile: fc.option(word, { nil: undefined }),
  allowHttp: fc.boolean(),
});

describe('a place in an object store', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(locations, (location) => {
        expect(parseS3Place(formatS3Place(location))).toEqual(location);
      }),
    );
  });

  it('is shown without how it is asked', () => {
    expect(shownPlace('s3://backups/a/b?endpoint=https://x.example&profile=me')).toBe('s3://backups/a/b');
    expect(shownPlace('/srv/a?b')).toBe('/srv/a?b');
  });

  it.each([
    ['s3://', 'the name of a bucket'],
    ['s3://a', 'the name of a bucket'],
    ['s3://-bucket/x', 'the name of a bucket'],
    ['s3://bucket/a//b', 'a prefix in a bucket'],
    ['s3://bucket/../b', 'a prefix in a bucket'],
    ['s3://bucket/a?endpoit=x', '"endpoit" is nothing'],
    ['s3://bucket/a?style=host', 'path or virtual'],
    ['s3://bucket/a?http=1', 'yes or no'],
    ['s3://bucket/a?endpoint=obs.example.com', 'no URL of a host'],
    ['s3://bucket/a?endpoint=https://user:secret@h', 'no URL of a host'],
    ['s3://bucket/a?endpoint=https://h/path', 'no URL of a host'],
    ['s3://bucket/a?endpoint=http://h', 'http://h is not encrypted'],
  ])('refuses %s', (place, words) => {
    expect(() => parseS3Place(place)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(words) as string }) as Error,
    );
    expect(() => parseS3Place(place)).not.toThrow(/secret/);
  });

  it.each([
    ['s3://backups?region=eu-central-1', 'backups.s3.eu-central-1.amazonaws.com', '', 443],
    ['s3://backups?region=cn-north-1', 'backups.s3.cn-north-1.amazonaws.com.cn', '', 443],
    ['s3://my.backups?region=eu-central-1', 's3.eu-central-1.amazonaws.com', '/my.backups', 443],
    [
      's3://backups?endpoint=https://obs.cn-north-4.myhuaweicloud.com',
      'backups.obs.cn-north-4.myhuaweicloud.com',
      '',
      443,
    ],
    ['s3://backups?endpoint=https://rgw.example:7480', 'rgw.example', '/backups', 7480],
    ['s3://backups?endpoint=http://10.1.2.3&http=yes&style=virtual', 'backups.10.1.2.3', '', 80],
  ])('%s is asked at %s', (place, host, bucketPath, port) => {
    expect(addressOf(parseS3Place(place))).toMatchObject({ host, bucketPath, port });
  });

  it('needs an endpoint or a region', () => {
    expect(() => addressOf(parseS3Place('s3://backups'))).toThrow(/neither the endpoint nor the region/);
  });
});
