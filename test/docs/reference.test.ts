import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { referencePages } from '../../scripts/reference.ts';
import { commandList } from '../../src/cli/command-list.ts';
import { commandTables } from '../../src/cli/command-tables.ts';
import { projectRoot } from '../support/project.ts';

it.each([...(await referencePages())])('%s is what the tables say; "npm run reference" writes it', (path, text) => {
  expect(readFileSync(join(projectRoot, path), 'utf8')).toBe(text);
});

it.each(commandList.map(({ name, load }) => ({ name, load })))(
  'what shells complete of $name is what it takes',
  async ({ name, load }) => {
    const { options, synopsis } = await load();
    expect(commandTables[name]?.options).toBe(options);
    expect(commandTables[name]?.synopsis).toEqual(synopsis);
  },
);
