/**
 * Loaded into a program with `node --import`: kills it (SIGKILL) before the step that KILL_AT_STEP numbers, from 1. A step
 * is a call that changes names, links, owners or modes, creates a file, or makes something durable.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

const at = Number(process.env.KILL_AT_STEP);
let count = 0;

function step() {
  count += 1;
  if (count === at) process.kill(process.pid, 'SIGKILL');
}

function creates(flags) {
  return typeof flags === 'string' ? /[wa]/.test(flags) : ((flags ?? 0) & fs.constants.O_CREAT) !== 0;
}

function wrap(holder, name, counts = () => true) {
  const original = holder[name];
  holder[name] = function (...args) {
    if (counts(...args)) step();
    return original.apply(this, args);
  };
}

if (isMainThread) {
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
