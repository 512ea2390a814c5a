// What V8 makes of the parts of programs (src/cli/run-part.ts) when they run, put beside them: loaded in a third of the time of compiling.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

const segment = '000000010000000000000006';
const recorded = `test/fixtures/opengauss/receivexlog-ha/wal/${segment}.gz`;
const archive = ['--archive', 'archive'];
/** Code is kept of functions that ran, so what is often run is run here: a call for each part, in a directory of examples. */
const calls = {
  'wal-push-single': ['runWalPush', [segment, ...archive]],
  'wal-get-single': ['runWalGet', [segment, 'got', ...archive]],
  'verify-single': ['runVerify', 'gausskeep', ['-n', 'backup']],
  'basebackup-single': ['runBasebackup', 'gs_basebackup', ['--help']],
  'restore-single': ['runRestore', 'gausskeep', ['--help']],
};

/** Puts beside each part in `directory` the code of one call, however that call ends. */
export function addCode(directory) {
  const work = mkdtempSync(join(tmpdir(), 'gausskeep-code-'));
  try {
    makeExamples(work);
    for (const [name, call] of Object.entries(calls)) {
      const part = resolve(directory, `${name}.cjs`);
      const code = resolve(directory, `${name}-${process.version}-${process.arch}.code`);
      // Nothing of the builder's environment: code is bound to the flags of V8.
      const words = [resolve(import.meta.dirname, 'write-code.mjs'), part, code, JSON.stringify(call)];
      const { stderr } = spawnSync(process.execPath, words, { cwd: work, env: { HOME: work }, encoding: 'utf8' });
      if (!existsSync(code)) throw new Error(`no code of ${name}: ${stderr}`);
    }
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** A segment, an empty archive, and a backup that is sound as far as its manifest goes. */
function makeExamples(work) {
  if (existsSync(recorded)) writeFileSync(join(work, segment), gunzipSync(readFileSync(recorded)));
  mkdirSync(join(work, 'archive'));
  mkdirSync(join(work, 'backup/base/1'), { recursive: true });
  const files = ['PG_VERSION', ...Array.from({ length: 100 }, (_, number) => `base/1/${number + 1}`)].map((path) => {
    const bytes = Buffer.from('15\n');
    writeFileSync(join(work, 'backup', path), bytes);
    const checksum = createHash('sha256').update(bytes).digest('hex');
    const time = '"Last-Modified": "2026-01-01 00:00:00 GMT"';
    return `{ "Path": "${path}", "Size": ${bytes.length}, ${time}, "Checksum-Algorithm": "SHA256", "Checksum": "${checksum}" }`;
  });
  const head = `{ "PostgreSQL-Backup-Manifest-Version": 1,\n"Files": [\n${files.join(',\n')}\n],\n`;
  const ranges = '"WAL-Ranges": [\n{ "Timeline": 1, "Start-LSN": "0/2000028", "End-LSN": "0/2000100" }\n],\n';
  const checksum = createHash('sha256').update(`${head}${ranges}`).digest('hex');
  writeFileSync(join(work, 'backup/backup_manifest'), `${head}${ranges}"Manifest-Checksum": "${checksum}"}\n`);
}
