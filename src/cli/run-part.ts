import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const digestBytes = 32;

/**
 * Loads a part of a program, `<name>.cjs` beside the file that this code ended up in. Parts are CommonJS: the loader of ES modules
 * takes some milliseconds for itself, and reads every property of each built-in module that is imported, which loads half of Node.
 * What V8 compiled a part to was put beside it by the build, `<name>-<Node's version>-<architecture>.code`. It is taken where it is whole,
 * of this very text, and V8 finds it to be its own (release, flags); everywhere else the text is compiled.
 * @throws Error `Cannot find module …` when the part is not there
 */
export function runPart(name: string): unknown {
  const file = join(dirname(fileURLToPath(import.meta.url)), `${name}.cjs`);
  const text = readPart(file);
  // The build writes nothing but ASCII.
  const wrapped = `(function (exports, require, module, __filename) { ${text.toString('latin1')}\n})`;
  const script = new Script(wrapped, { filename: file, cachedData: readCode(file, text) });
  const run = script.runInThisContext() as (...words: unknown[]) => void;
  const module = { exports: {} };
  run(module.exports, createRequire(file), module, file);
  return module.exports;
}

function readPart(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Error(`Cannot find module '${file}'`);
    throw error;
  }
}

/**
 * The code of a part: a SHA-256 of text and code, then the code. V8 itself looks at the head of it only, and dies of damage behind that.
 * Undefined, whatever keeps it from being read: the text is enough.
 */
function readCode(file: string, text: Buffer): Buffer | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file.replace(/\.cjs$/, `-${process.version}-${process.arch}.code`));
  } catch {
    return undefined;
  }
  const code = bytes.subarray(digestBytes);
  // Loaded by what needs it: a program that only tells its version does not.
  const { createHash } = process.getBuiltinModule('node:crypto');
  const digest = createHash('sha256').update(text).update(code).digest();
  return digest.equals(bytes.subarray(0, digestBytes)) ? code : undefined;
}
