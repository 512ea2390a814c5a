import { describe, expect, it } from 'vitest';
import { startCommand, startOnTerminal } from './programs.ts';

const node = (code: string): [string, string[]] => [process.execPath, ['-e', code]];

describe('startCommand', () => {
  it('gives status, output and input of a program, and no PG* variable of ours', async () => {
    process.env['PGPORT'] = '1';
    const program = startCommand(
      ...node(`process.stdin.on('data', (text) => console.log('got ' + text + process.env.PGPORT + process.env.PGUSER));
               process.stdin.on('end', () => { console.error('sorry'); process.exitCode = 3; })`),
      { env: { PGUSER: 'me' } },
    );
    program.stdin.end('input ');
    delete process.env['PGPORT'];
    expect(await program.result).toEqual({
      status: 3,
      signal: null,
      stdout: 'got input undefinedme\n',
      stderr: 'sorry\n',
    });
  });

  it('waits for output, sends signals, and reports by which one the program ended', async () => {
    const program = startCommand(...node("console.log('ready'); setInterval(() => {}, 1000)"), {});
    await program.output(/ready/);
    program.kill('SIGTERM');
    expect(await program.result).toMatchObject({ status: null, signal: 'SIGTERM' });
    await expect(program.output(/never/)).rejects.toThrow(/ended without \/never\//);
  });

  it('kills a program that does not end', async () => {
    const program = startCommand(...node('setInterval(() => {}, 1000)'), { timeoutMs: 300 });
    await expect(program.result).rejects.toThrow(/still running after 300 ms/);
  });
});

describe('startOnTerminal', () => {
  it('gives the program a terminal on all three, its status back, and no echo where the program forbids it', async () => {
    const program = startOnTerminal(
      ...node(`process.stdin.setRawMode(true); console.log([0, 1, 2].map((fd) => require('tty').isatty(fd)).join());
               process.stdin.once('data', (text) => { console.error('read ' + text.length); process.exit(4); })`),
      {},
    );
    await program.output(/true,true,true/);
    program.stdin.write('secret');
    const { status, stdout } = await program.result;
    expect(status).toBe(4);
    expect(stdout).toBe('true,true,true\r\nread 6\r\n');
  });
});
