import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { decodeCompanion, encodeCompanion } from './companion.ts';

describe('companion', () => {
  it('is read back, whatever later versions add', () => {
    const companion = { missingFiles: ['postgresql.conf', 'server.key'] };
    expect(decodeCompanion(encodeCompanion(companion))).toEqual(companion);
    expect(decodeCompanion(Buffer.from('{"format":1,"missingFiles":[],"more":1}'))).toEqual({ missingFiles: [] });
  });

  it.each(['', '{', 'null', '[]', '{"format":1}', '{"format":2,"missingFiles":[]}', '{"format":1,"missingFiles":[1]}'])(
    'refuses %j',
    (text) => {
      expect(() => decodeCompanion(Buffer.from(text))).toThrow(BackupError);
    },
  );
});
