import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { referencePages } from '../../scripts/reference.ts';
import { projectRoot } from '../support/project.ts';

it.each([...(await referencePages())])('%s is what the tables say; "npm run reference" writes it', (path, text) => {
  expect(readFileSync(join(projectRoot, path), 'utf8')).toBe(text);
});
