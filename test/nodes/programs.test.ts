/** The built programs on newer releases of Node, without a server: what they say, and backups of openGauss. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandNames } from '../../src/cli/command-names.ts';
import { newerNodes, ProgramsOnNode } from '../support/newer-nodes.ts';
import { makeDataDirectory } from '../support/opengauss/data-directory.ts';
import { standInForEachTest } from '../support/opengauss/stand-in-run.ts';
import { picked, readTree, zeros } from '../support/opengauss/tree.ts';
import { runProgram, type ProgramResult } from '../support/programs.ts';

const run = standInForEachTest({ tablespaces: [] });

/** What is the same in the source, the unpacked tar and the restored copy. */
const isContent = (path: string): boolean => /^(?:base\/\d+\/\d|global\/(?:\d|pg_control$))/.test(path);

const lines = [
  ...['gs_basebackup', 'gs_tar', 'gausskeep'].flatMap((name) => [
    [name, '--help'] as const,
    [name, '--version'] as const,
  ]),
  ...commandNames.map(({ name }) => ['gausskeep', `${name} --help`] as const),
  ['gausskeep', 'completion bash'] as const,
];

const heard = new Map<string, Promise<ProgramResult>>();

/** Of the release that runs the tests, asked once. */
function saidHere(program: string, words: string): Promise<ProgramResult> {
  const line = `${program} ${words}`;
  const known = heard.get(line) ?? runProgram(program, words.split(' '));
  heard.set(line, known);
  return known;
}

describe.each(newerNodes())('$name', (node) => {
  it.each(lines)('%s %s loads, and says what it says on the release that runs the tests', async (program, words) => {
    const programs = new ProgramsOnNode(node);
    const said = await programs.run(program, words.split(' '));
    expect(said).toMatchObject({ status: 0, stderr: '' });
    expect(said).toEqual(await saidHere(program, words));
    const file = program === 'gausskeep' ? 'gausskeep.cjs' : `${program}.js`;
    expect(programs.ran()).toEqual([`${node.version} program ${file}`]);
  });

  it.each([
    ['the tar of the original', ['-Ft', '-X', 'fetch', '--tar-format=opengauss'], 'base.tar'],
    ['tar.gz', ['-Ft', '-z', '-X', 'fetch'], undefined],
    ['plain', ['-X', 'stream'], undefined],
  ])('a backup of openGauss is restored from %s', async (_, form, archive) => {
    const programs = new ProgramsOnNode(node);
    run.data = makeDataDirectory(run.workspace.at('single'), { tablespaces: [] });
    const { sqlPort } = await run.serve();
    const source = picked(await readTree(run.data.path), isContent);
    expect(Object.keys(source).length).toBeGreaterThan(3);
    const words = ['-h', '127.0.0.1', '-p', String(sqlPort), '-U', 'backup', '-w', '-c', 'fast', '-D', run.target];
    const taken = await programs.run('gs_basebackup', [...words, ...form], { env: { PGPASSWORD: 'Backup@1234' } });
    expect(taken.status, taken.stderr).toBe(0);
    expect(taken.stderr).not.toMatch(/deprecat|experimental/i);

    if (archive !== undefined) {
      const unpacked = run.workspace.at('unpacked');
      mkdirSync(unpacked);
      const tar = await programs.run('gs_tar', ['-D', unpacked, '-F', join(run.target, archive)]);
      expect(tar).toMatchObject({ status: 0, stdout: '' });
      expect(tar.stderr).toMatch(/^gs_tar: created "global\/pg_dw\.build", .*\n$/);
      expect(picked(await readTree(unpacked), isContent)).toEqual(source);
    }
    const copy = run.workspace.at('restored');
    const restored = await programs.run('gausskeep', ['restore', '--from', run.target, '-D', copy]);
    // As root it says whose the files are, with status 3.
    expect([0, 3], restored.stderr).toContain(restored.status);
    expect(restored.stderr).not.toMatch(/error|deprecat|experimental/i);
    const tree = await readTree(copy);
    expect(picked(tree, isContent)).toEqual(source);
    expect(tree.get('global/pg_dw.build')).toEqual(zeros(8192));
    const ran = programs.ran();
    expect(ran.filter((line) => !line.startsWith(`${node.version} `))).toEqual([]);
    expect(ran).toContain(`${node.version} program gs_basebackup.js`);
    expect(ran).toContain(`${node.version} program gausskeep.cjs`);
  });
});
