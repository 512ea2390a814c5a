import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import { identifyPostgresql } from '../server/identity.ts';
import { recoveryDialectOf } from '../server/recovery-dialect.ts';
import { findPrograms } from './find-programs.ts';

it('a server is not handed the password of whoever starts it: its commands would have it too', async () => {
  const bindir = temporaryDirectory();
  const seen = join(bindir, 'seen');
  const script = `#!/bin/sh\nexport -p >'${seen}'\necho 'postgres (PostgreSQL) 17.2'\n`;
  writeFileSync(join(bindir, 'postgres'), script, { mode: 0o755 });
  const identity = identifyPostgresql('17.2');
  const instance = { identity, dialect: recoveryDialectOf(capabilitiesOf(identity)), record: undefined };
  const environment = { PATH: process.env['PATH'], PGPASSWORD: 'S3cret', KEPT: 'yes' };
  const found = await findPrograms(instance, { bindir, environment });
  expect(Object.values(found.environment)).not.toContain('S3cret');
  expect(found.environment).toMatchObject({ KEPT: 'yes' });
  expect(readFileSync(seen, 'utf8')).toContain('KEPT');
  expect(readFileSync(seen, 'utf8')).not.toContain('S3cret');
});
