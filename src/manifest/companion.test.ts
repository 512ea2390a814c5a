import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { decodeCompanion, encodeCompanion } from './companion.ts';

describe('companion', () => {
  it('is read back, whatever later versions add', () => {
    const companion = { missingFiles: ['postgresql.conf', 'server.key'] };
    expect(decodeCompanion(encodeCompanion(companion))).toEqual(companion);
    expect(decodeCompanion(Buffer.from('{"format":1,"missingFiles":[],"more":1}'))).toEqual({ missingFiles: [] });
  });

  it('keeps where tablespaces were', () => {
    const companion = { missingFiles: [], tablespaces: [{ oid: 16400, location: '/ts/ü' }] };
    expect(decodeCompanion(encodeCompanion(companion))).toEqual(companion);
    const relative = '{"format":1,"missingFiles":[],"tablespaces":[{"oid":1,"location":"x"}]}';
    expect(() => decodeCompanion(Buffer.from(relative))).toThrow(BackupError);
  });

  it.each(['', '{', 'null', '[]', '{"format":1}', '{"format":2,"missingFiles":[]}', '{"format":1,"missingFiles":[1]}'])(
    'refuses %j',
    (text) => {
      expect(() => decodeCompanion(Buffer.from(text))).toThrow(BackupError);
    },
  );
});
