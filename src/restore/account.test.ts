import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { asAccount } from './account.ts';

const line = 'id -u && echo "$HOME" | tr / :';

describe('a command for another account', () => {
  it.each([
    ['with a name', 65534],
    ['without one', 54321],
  ])('runs whole as that account where root pastes it, %s; others see it as it is', (_, uid) => {
    const isRoot = process.geteuid?.() === 0;
    const output = execFileSync('sh', ['-c', asAccount(line, uid)], { encoding: 'utf8', cwd: '/' });
    expect(output).toMatch(new RegExp(`^${String(isRoot ? uid : process.geteuid?.())}\n:`));
    expect(asAccount(line, uid) === line).toBe(!isRoot);
  });

  it('is left as it is for root itself', () => expect(asAccount(line, 0)).toBe(line));
});
