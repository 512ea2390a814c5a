/** What npm makes a package of. No server, no registry. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startCommand } from '../support/programs.ts';
import { projectRoot } from '../support/project.ts';

it('npm packs the programs, the library and the man pages, and nothing of the sources and tests', async () => {
  const npm = process.env['npm_execpath'];
  const [command, words] = npm?.endsWith('.js') === true ? [process.execPath, [npm]] : ['npm', []];
  const pack = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const { status, stdout, stderr } = await startCommand(command, [...words, ...pack], {}).result;
  expect(status, stderr).toBe(0);
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string; mode: number }[] }];
  const packed = files.map(({ path }) => path);
  const { bin, man } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
    man: string[];
  };
  const pages = readdirSync(join(projectRoot, 'man')).map((name) => `man/${name}`);
  expect(packed.filter((path) => path.startsWith('man/')).sort()).toEqual(pages.sort());
  expect([...man].sort()).toEqual(pages);
  expect(packed).toEqual(expect.arrayContaining([...Object.values(bin), 'dist/index.js', 'README.md', 'LICENSE']));
  const isOurs = /^(?:dist|examples|man|systemd)\/|^(?:README(?:\.zh)?|CHANGELOG)\.md$|^LICENSE$|^package\.json$/;
  expect(packed.filter((path) => !isOurs.test(path))).toEqual([]);
});
