import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { parseTablespaceMapping, parseTablespaceMappings } from './tablespace-mapping.ts';

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(BackupError);
    expect((error as BackupError).code).toBe('USAGE');
    return (error as BackupError).message;
  }
  throw new Error('accepted');
}

describe('parseTablespaceMapping', () => {
  it('reads two absolute directories, repeated and trailing slashes folded', () => {
    expect(parseTablespaceMapping('/a//b/=/c')).toEqual({ oldDirectory: '/a/b', newDirectory: '/c' });
    expect(parseTablespaceMapping('/=/x')).toEqual({ oldDirectory: '/', newDirectory: '/x' });
  });

  it('refuses each wrong form with the wording of the original (BB-17)', () => {
    expect(refusal(() => parseTablespaceMapping('=/new'))).toBe(
      'invalid tablespace mapping format "=/new", must be "OLDDIR=NEWDIR"',
    );
    expect(refusal(() => parseTablespaceMapping('/old='))).toContain('must be "OLDDIR=NEWDIR"');
    expect(refusal(() => parseTablespaceMapping('/old'))).toContain('must be "OLDDIR=NEWDIR"');
    expect(refusal(() => parseTablespaceMapping('/a=/b=/c'))).toBe('multiple "=" signs in tablespace mapping');
    expect(refusal(() => parseTablespaceMapping('a=/b'))).toBe(
      'old directory is not an absolute path in tablespace mapping: a',
    );
    expect(refusal(() => parseTablespaceMapping('/a=b'))).toBe(
      'new directory is not an absolute path in tablespace mapping: b',
    );
  });

  it('takes back any pair of paths whose "=" were escaped', () => {
    const path = fc
      .array(fc.stringMatching(/^[a-z=\\ ]{1,8}$/), { minLength: 1, maxLength: 4 })
      // A backslash in front of "=" always escapes it, so a path cannot hold that pair.
      .map((parts) => `/${parts.join('/')}`.replaceAll('\\', ''))
      .filter((text) => !/\/\/|\/$/.test(text));
    fc.assert(
      fc.property(path, path, (oldDirectory, newDirectory) => {
        const escape = (text: string) => text.replaceAll('=', '\\=');
        const text = `${escape(oldDirectory)}=${escape(newDirectory)}`;
        expect(parseTablespaceMapping(text)).toEqual({ oldDirectory, newDirectory });
      }),
    );
  });

  it('refuses a directory that is mapped twice', () => {
    expect(refusal(() => parseTablespaceMappings(['/a=/b', '/a/=/c']))).toContain('"/a" is mapped twice');
  });
});
