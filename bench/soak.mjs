// The long haul (bench/soak): ten minutes unless told otherwise, on a server from npm.
import { spawn } from 'node:child_process';

/** @param {{ soak: Record<string, string | undefined> }} options */
export async function benchSoak({ soak }) {
  const given = Object.entries(soak).filter(([, value]) => value !== undefined);
  const words = given.map(([name, value]) => `--${name}=${value}`);
  const child = spawn(process.execPath, ['scripts/run.mjs', 'bench/soak/main.ts', ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text) => (said += text));
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0) throw new Error('the long haul failed');
  return said.trim();
}
