import { describe, expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import { restoreRulesOf } from '../server/restore-rules.ts';
import type { SourceFacts, SourceTablespace } from '../backup-source/source-facts.ts';
import { planTablespaces } from './plan-tablespaces.ts';
import type { RestoreRequest } from './request.ts';

function directoryOf(from: string, tablespace: Partial<SourceTablespace>): string | undefined {
  const one = { oid: 16400, location: undefined, linkTarget: undefined, inside: undefined, ...tablespace };
  const source = { tablespaces: [one], rules: restoreRulesOf('opengauss', false) } as unknown as SourceFacts;
  const request = { tablespaces: [{ from: { directory: from }, to: '/new' }] } as unknown as RestoreRequest;
  return planTablespaces(request, source, { path: fromText('/data'), links: [] })[0]?.directory;
}

describe('a mapping names a tablespace', () => {
  const moved = { location: fromText('/backup/ts'), linkTarget: fromText('/backup/ts'), original: fromText('/srv/ts') };
  const relative = { location: fromText('/backup/pg_location/x/y'), inside: fromText('pg_location/x/y') };

  it('by where the backup has it, or where the server had it', () => {
    expect(directoryOf('/backup/ts/', moved)).toBe('/new');
    expect(directoryOf('/srv/ts', moved)).toBe('/new');
    expect(directoryOf('/srv/other', moved)).toBe('/backup/ts');
  });

  it('by the path on the server where it is inside of the data directory', () => {
    expect(directoryOf('/gauss/data/pg_location/x/y', relative)).toBe('/new');
    expect(directoryOf('/gauss/data/pg_location/x', relative)).toBe('/data/pg_location/x/y');
  });
});
