/** Loaded into a program with `node --require`: a line of COMMAND_NOTES for the words of each process that it is or starts, as `ps` would show them. */
const { appendFileSync } = require('node:fs');
const childProcess = require('node:child_process');
const { syncBuiltinESMExports } = require('node:module');
const { isMainThread } = require('node:worker_threads');

const { COMMAND_NOTES } = process.env;
const note = (...words) => appendFileSync(COMMAND_NOTES, `${JSON.stringify(words)}\n`);

if (COMMAND_NOTES !== undefined) {
  if (isMainThread) note('program', ...process.execArgv, ...process.argv, process.title);
  for (const name of ['spawn', 'spawnSync', 'execFile', 'execFileSync', 'exec', 'execSync', 'fork']) {
    const original = childProcess[name];
    childProcess[name] = function (command, words, ...others) {
      note(name, command, ...(Array.isArray(words) ? words : []));
      return original.call(this, command, words, ...others);
    };
  }
  syncBuiltinESMExports();
}
