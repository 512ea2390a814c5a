import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { placeOf, wordsOfPlace } from './object-store-settings.ts';
import { parseOptions } from './parse-options.ts';
import { listOptions } from './repository-options.ts';
import { readRepositorySettings } from './repository-settings.ts';

const given = (...words: string[]) => parseOptions('gausskeep list', listOptions, words);
const none = { GAUSSKEEP_CONFIG: '/dev/null' };

describe('where an object store is', () => {
  it('is what options say, else the environment, else the file, else the variables of AWS tools', async () => {
    const file = join(temporaryDirectory(), 'gausskeep.toml');
    writeFileSync(
      file,
      's3-endpoint = "https://file.example"\ns3-region = "of-file"\ns3-style = "path"\ns3-profile = "of-file"\n',
    );
    const environment = {
      GAUSSKEEP_CONFIG: file,
      GAUSSKEEP_S3_REGION: 'of-variable',
      GAUSSKEEP_S3_PROFILE: 'of-variable',
      AWS_ENDPOINT_URL_S3: 'https://aws.example',
      AWS_CA_BUNDLE: '/etc/ca.pem',
    };
    expect(await placeOf('s3://backups/a/', given('--s3-profile', 'of-option'), environment)).toBe(
      's3://backups/a?endpoint=https://file.example&region=of-variable&style=path&ca=/etc/ca.pem&profile=of-option',
    );
    for (const word of ['s3:backups/a', 's3:/backups/a', 'S3://backups/a']) {
      await expect(placeOf(word, given(), environment)).rejects.toMatchObject({
        hint: { key: 's3.misspelt.hint', parameters: { meant: 's3://backups/a' } },
      });
    }
    for (const word of ['https://user:s3cret@obs.example.com/backups', 'http://10.0.0.1:9000', 'HTTPS:/obs/a']) {
      const refused = await placeOf(word, given(), environment).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'CONFIG_INVALID', hint: { key: 's3.url.hint' } });
      expect(inspect(refused)).not.toContain('s3cret');
    }
    expect(await placeOf('./https://a', given(), environment)).toBe(join(process.cwd(), 'https:/a'));
    expect(await placeOf('s3://backups/a?region=own', given(), environment)).toContain('region=own');
  });

  it('is the same, said by words of a command line', async () => {
    const argv = ['--s3-endpoint', 'http://10.0.0.1:9000', '--s3-allow-http', '--s3-credentials-file', '/etc/cred'];
    const place = await placeOf('s3://backups/a', given(...argv), none);
    const words = wordsOfPlace('repo', place);
    expect(words).toEqual([
      '--repo',
      's3://backups/a',
      ...argv.slice(0, 2),
      '--s3-credentials-file',
      '/etc/cred',
      '--s3-allow-http',
    ]);
    const again = given(...words);
    expect(await placeOf(again.last('repo') ?? '', again, none)).toBe(place);
  });

  it('does not concern a directory', async () => {
    expect(await placeOf('relative', given(), { ...none, GAUSSKEEP_S3_STYLE: 'nonsense' })).toBe(
      join(process.cwd(), 'relative'),
    );
    expect(wordsOfPlace('archive', '/a?b')).toEqual(['--archive', '/a?b']);
  });

  it('is http by any word for yes, and names the variable that says another', async () => {
    const http = { ...none, GAUSSKEEP_S3_ENDPOINT: 'http://h' };
    for (const word of ['1', 'true', 'YES']) {
      expect(await placeOf('s3://backups/a', given(), { ...http, GAUSSKEEP_S3_ALLOW_HTTP: word })).toContain(
        'http=yes',
      );
    }
    await expect(placeOf('s3://backups/a', given(), { ...http, GAUSSKEEP_S3_ALLOW_HTTP: 'on' })).rejects.toThrow(
      /GAUSSKEEP_S3_ALLOW_HTTP is "on"/,
    );
  });

  it('may be said of a repository that the configuration file names', async () => {
    const file = join(temporaryDirectory(), 'gausskeep.toml');
    writeFileSync(file, 'repo = "s3://backups/a"\n');
    const words = given('--s3-endpoint', 'https://h');
    const { repository } = await readRepositorySettings(words, { GAUSSKEEP_CONFIG: file });
    expect(repository).toBe('s3://backups/a?endpoint=https://h');
    await expect(readRepositorySettings(words, { ...none, GAUSSKEEP_REPO: '/srv/repo' })).rejects.toThrow(
      /nothing is in an object store/,
    );
  });

  it('is refused where it cannot be', async () => {
    await expect(placeOf('s3://backups/a', given('--s3-endpoint', 'http://h'), none)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      hint: { key: 's3.plain-http.hint' },
    });
  });
});
