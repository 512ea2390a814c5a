/**
 * Loaded into a program with `node --import`: kills it (SIGKILL) before the step that KILL_AT_STEP numbers, from 1. A step
 * is a call that changes names, links, owners or modes, creates a file, or makes something durable. With STEPS_FILE in the
 * environment nothing is killed; the steps are written there at the end, a line each: call and path.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

const stepsFile = process.env.STEPS_FILE;
const at = stepsFile === undefined ? Number(process.env.KILL_AT_STEP) : -1;
let count = 0;
const steps = [];

function step(name, path) {
  count += 1;
  if (stepsFile !== undefined) steps.push(`${name} ${String(path)}`);
  if (count === at) process.kill(process.pid, 'SIGKILL');
}

function creates(flags) {
  return typeof flags === 'string' ? /[wa]/.test(flags) : ((flags ?? 0) & fs.constants.O_CREAT) !== 0;
}

function wrap(holder, name, counts = () => true) {
  const original = holder[name];
  holder[name] = function (...args) {
    if (counts(...args)) step(name, args[0]);
    return original.apply(this, args);
  };
}

if (isMainThread) {
  const { writeFileSync } = fs;
  if (stepsFile !== undefined) process.on('exit', () => writeFileSync(stepsFile, steps.join('\n')));
  const names = ['rename', 'link', 'symlink', 'unlink', 'rmdir', 'mkdir', 'chmod', 'lchown', 'copyFile', 'writeFile'];
  for (const name of names) {
    wrap(fs, `${name}Sync`);
    wrap(fs.promises, name);
  }
  for (const name of ['fchmodSync', 'fsyncSync']) wrap(fs, name);
  wrap(fs, 'openSync', (_path, flags) => creates(flags));
  wrap(fs.promises, 'open', (_path, flags) => creates(flags));
  syncBuiltinESMExports();
}
