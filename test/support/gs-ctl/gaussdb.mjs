// Stands in for an openGauss that recovers: writes the recorded log lines, renames the files, and answers the questions of
// `gausskeep recover`, `resume` and `status` on its Unix socket. Called as `gaussdb --version` or `gaussdb DIR`.
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const home = process.env.STAND_IN_HOME;
const [directory] = process.argv.slice(2);
if (directory === '--version') {
  process.stdout.write(`${readFileSync(join(home, 'version'), 'utf8')}\n`);
  process.exit(0);
}
const outcome = JSON.parse(readFileSync(join(home, 'outcome.json'), 'utf8'));
const { port, socketDirectory } = JSON.parse(readFileSync(join(home, 'place.json'), 'utf8'));
const startedBefore = existsSync(join(home, 'started'));
appendFileSync(join(home, 'started'), 'x');

const logDirectory = join(directory, 'pg_log');
mkdirSync(logDirectory, { recursive: true });
const logFile = join(logDirectory, `postgresql-2026-11-20_${startedBefore ? '220000' : '213000'}.log`);
function log(line) {
  const prefix = '2026-11-20 21:30:00.000 [unknown] [unknown] localhost 140000 0[0:0#0]  0 [BACKEND] ';
  appendFileSync(logFile, `${prefix}${line}\n`);
}
// What other sessions cause must not be taken for the recovery's.
log('FATAL:  the database system is starting up');
log('STATEMENT:  select $$LOG:  recovery has paused$$');

const pause = outcome.log.findIndex((line) => line.endsWith('recovery has paused'));
const cut = outcome.started?.recovery === 'paused' ? pause + 1 : outcome.log.length;
const lines = startedBefore ? outcome.log.slice(cut) : outcome.log.slice(0, cut);
const linesOfResume = startedBefore ? [] : outcome.log.slice(cut);
let state = startedBefore ? outcome.restarted : outcome.started;
let inSight = { recovery: 'not paused', replay: '(1,0/27000178)', lastCommit: null };

function applyFiles(files) {
  for (const name of files) {
    if (existsSync(join(directory, name))) continue;
    const before = { 'recovery.done': 'recovery.conf' }[name] ?? name.replace(/\.old$/, '');
    if (existsSync(join(directory, before))) renameSync(join(directory, before), join(directory, name));
  }
}

function end(status) {
  rmSync(join(directory, 'postmaster.pid'), { force: true });
  rmSync(join(socketDirectory, `.s.PGSQL.${port}`), { force: true });
  process.exit(status);
}
process.on('SIGINT', () => end(0));

function message(type, ...parts) {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)));
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
const int32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const int16 = (value) => int32(value).subarray(2);
const ready = message('Z', Buffer.from('I'));

function rowsMessage(rows) {
  const width = rows[0]?.length ?? 1;
  const columns = Array.from({ length: width }, (_, index) =>
    Buffer.concat([Buffer.from(`c${index}\0`), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)]),
  );
  const data = rows.map((row) =>
    message(
      'D',
      int16(row.length),
      ...row.flatMap((value) => (value === null ? [int32(-1)] : [int32(Buffer.byteLength(value)), Buffer.from(value)])),
    ),
  );
  return Buffer.concat([message('T', int16(width), ...columns), ...data, message('C', `SELECT ${rows.length}`), ready]);
}
function errorMessage(code, text) {
  return Buffer.concat([message('E', 'SERROR', `C${code}`, `M${text}`, Buffer.from([0])), ready]);
}

function answer(sql) {
  const inRecovery = inSight.recovery !== 'over';
  if (sql.includes('pg_is_in_recovery()'))
    return rowsMessage([[inRecovery ? 't' : 'f', inSight.replay, inSight.lastCommit]]);
  if (sql.startsWith('SHOW archive_mode')) return rowsMessage([['off']]);
  if (sql.includes('pg_prepared_xacts')) {
    const prepared = !inRecovery && outcome.log.some((line) => line.includes('recovering prepared transaction'));
    return rowsMessage(prepared ? [['14248', 'gid1', 'postgres', 'omm', '2026-11-20 21:28:32.064331+00']] : []);
  }
  if (!inRecovery) return errorMessage('55000', 'recovery is not in progress');
  if (sql.includes('pg_is_xlog_replay_paused()')) return rowsMessage([[inSight.recovery === 'paused' ? 't' : 'f']]);
  if (sql.includes('pg_xlog_replay_resume()')) {
    setTimeout(() => {
      for (const line of linesOfResume) log(line);
      state = outcome.resumed;
      inSight = state;
      applyFiles(state.files);
    }, 100);
    return rowsMessage([['']]);
  }
  return errorMessage('42601', 'the stand-in does not know this query');
}

function serve(socket) {
  let heard = Buffer.alloc(0);
  let begun = false;
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    heard = Buffer.concat([heard, bytes]);
    for (;;) {
      const head = begun ? 1 : 0;
      if (heard.length < head + 4 || heard.length < head + heard.readInt32BE(head)) return;
      const body = heard.subarray(head + 4, head + heard.readInt32BE(head));
      const type = begun ? String.fromCharCode(heard[0]) : 'startup';
      heard = heard.subarray(head + 4 + body.length);
      if (type === 'startup') {
        begun = true;
        socket.write(Buffer.concat([message('R', int32(0)), message('S', 'server_version', '9.2.4'), ready]));
      } else if (type === 'Q') socket.write(answer(body.toString('utf8')));
      else if (type === 'X') socket.end();
    }
  });
}

const fatal = lines.some((line) => line.startsWith('FATAL'));
if (fatal) {
  for (const line of lines) log(line);
  process.exit(1);
}
const server = createServer(serve);
server.listen(join(socketDirectory, `.s.PGSQL.${port}`), async () => {
  const now = Math.floor(Date.now() / 1000);
  const pidFile = [process.pid, directory, now, port, socketDirectory, 'localhost', '  5432001    131074'];
  writeFileSync(join(directory, 'postmaster.pid'), `${pidFile.join('\n')}\n`, { mode: 0o600 });
  for (const line of lines) {
    log(line);
    await delay(5);
    // gs_ctl is content as soon as sessions are possible.
    if (line.includes('consistent recovery state')) writeFileSync(join(home, 'up'), '');
  }
  applyFiles(state.files);
  inSight = state;
  writeFileSync(join(home, 'up'), '');
});
