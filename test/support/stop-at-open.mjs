/**
 * Loaded into a program and its threads with `node --import`: stops it (SIGSTOP) before it opens, for the first time, a path that
 * ends in STOP_AT. What is sent to it then is there before it goes on with SIGCONT.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';

const { STOP_AT } = process.env;
let stopped = false;

function wrap(holder, name) {
  const original = holder[name];
  if (original === undefined) return;
  holder[name] = function (...args) {
    if (!stopped && String(args[0]).endsWith(STOP_AT)) {
      stopped = true;
      process.kill(process.pid, 'SIGSTOP');
    }
    return original.apply(this, args);
  };
}

if (STOP_AT !== undefined) {
  for (const name of ['open', 'readFile']) {
    wrap(fs, name);
    wrap(fs, `${name}Sync`);
    wrap(fs.promises, name);
  }
  syncBuiltinESMExports();
}
