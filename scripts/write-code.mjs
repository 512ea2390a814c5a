// node write-code.mjs PART CODE CALL: calls a function of a program's part and writes the code that V8 has of the part then, in the
// form that src/cli/run-part.ts reads.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { Script } from 'node:vm';

const [part, file, call] = process.argv.slice(2);
const [name, ...parameters] = JSON.parse(call);
const text = readFileSync(part);
const wrapped = `(function (exports, require, module, __filename) { ${text.toString('latin1')}\n})`;
// The name stays in the code, wherever that lies later.
const script = new Script(wrapped, { filename: basename(part) });
const module = { exports: {} };
script.runInThisContext()(module.exports, createRequire(part), module, part);
process.on('exit', () => {
  const code = script.createCachedData();
  writeFileSync(file, Buffer.concat([createHash('sha256').update(text).update(code).digest(), code]));
});
await module.exports[name](...parameters);
