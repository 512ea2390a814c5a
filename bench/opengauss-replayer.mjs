// node bench/opengauss-replayer.mjs RECORDING MEGABYTES FILES: a process of its own that sends a recorded base backup of openGauss,
// blown up, from memory as fast as the socket takes it. Writes its port on stdout and serves until its stdin ends.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const [recording, megabytes, files] = process.argv.slice(2);
const headerBytes = 2560;
const messageBytes = 32 * 1024;

/** Messages of one direction; `from` is behind what is no message (the answer about TLS, startup packets). */
function messagesOf(bytes, from) {
  const messages = [];
  for (let at = from; at + 5 <= bytes.length;) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    messages.push({
      type: String.fromCharCode(bytes[at]),
      bytes: bytes.subarray(at, end),
      body: bytes.subarray(at + 5, end),
    });
    at = end;
  }
  return messages;
}

function connectionOf(directory, number) {
  const sent = readFileSync(join(directory, `conn${number}.c2s.bin`));
  const received = gunzipSync(readFileSync(join(directory, `conn${number}.s2c.bin.gz`)));
  const asksForTls = sent.readInt32BE(4) === 80_877_103;
  const startup = asksForTls ? 8 : 0;
  const queries = messagesOf(sent, startup + sent.readInt32BE(startup)).filter(({ type }) => type === 'Q');
  const messages = messagesOf(received, asksForTls ? 1 : 0);
  const request = messages.findIndex(({ type, body }) => type === 'R' && body.readInt32BE(0) !== 0) + 1;
  let at = messages.findIndex(({ type }) => type === 'Z') + 1;
  const login = { greeting: joined(messages.slice(0, request)), admission: joined(messages.slice(request, at)) };
  const answers = new Map();
  for (const { body } of queries) {
    const ready = messages.findIndex(({ type }, index) => index >= at && type === 'Z') + 1;
    const end = ready === 0 ? messages.length : ready;
    answers.set(commandOf(body), messages.slice(at, end));
    at = end;
  }
  return { login, answers };
}

const joined = (messages) => Buffer.concat(messages.map(({ bytes }) => bytes));
const commandOf = (body) => /^[A-Z_]+/.exec(body.toString('latin1').toUpperCase())?.[0] ?? '';

function copyData(body) {
  const head = Buffer.alloc(5);
  head.write('d', 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return { type: 'd', body, bytes: Buffer.concat([head, body]) };
}

/** The answer with more files behind those of the data directory, made of recorded pages, up to `totalBytes` and `totalFiles`. */
function blownUp(messages, totalBytes, totalFiles) {
  const lastCopy = messages.findLastIndex(({ type }) => type === 'H');
  const isHeader = ({ type, body }) => type === 'd' && body.length === headerBytes;
  const template = messages.findIndex((m, index) => {
    return index > lastCopy && isHeader(m) && /^base\/\d+\/\d+\0/.test(m.body.toString('latin1', 0, 64));
  });
  const pages = messages
    .filter(({ type, body }) => type === 'd' && body.length === messageBytes)
    .map(({ bytes }) => bytes);
  // In front of a member, so that no content is torn.
  const before = messages.slice(0, template);
  const after = messages.slice(template);
  const hasBytes = messages.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const count = Math.max(1, totalFiles - messages.filter(isHeader).length);
  const pieces = Math.ceil((totalBytes - hasBytes) / count / messageBytes);
  const added = [];
  for (let file = 0, page = 0; file < count; file++) {
    const header = Buffer.from(messages[template].body);
    const directory = /^base\/\d+\//.exec(header.toString('latin1', 0, 64))[0];
    header.fill(0, 0, 64).write(`${directory}${90_000_000 + file}`, 'latin1');
    header.write((pieces * messageBytes).toString(8).padStart(11, '0'), 1048, 'latin1');
    added.push(copyData(header).bytes);
    for (let piece = 0; piece < pieces; piece++) added.push(pages[page++ % pages.length]);
  }
  return Buffer.concat([joined(before), ...added, joined(after)]);
}

const count = readdirSync(recording).filter((name) => /^conn\d+\.c2s\.bin$/.test(name)).length;
const connections = Array.from({ length: count }, (_, index) => connectionOf(recording, index + 1));
const answers = new Map();
for (const { answers: own } of connections) {
  for (const [command, messages] of own) {
    const whole =
      command === 'BASE_BACKUP' ? blownUp(messages, Number(megabytes) * 1024 * 1024, Number(files)) : joined(messages);
    if (!answers.has(command)) answers.set(command, whole);
  }
}
for (const name of ['identify_version', 'identify_mode', 'identify_maxlsn', 'identify_az']) {
  const { answers: own } = connectionOf(join(recording, '../commands', name), 1);
  for (const [command, messages] of own) if (!answers.has(command)) answers.set(command, joined(messages));
}
const { login } = connections[0];

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  let heard = Buffer.alloc(0);
  let phase = 'startup';
  socket.on('error', () => undefined);
  socket.on('end', () => socket.end());
  socket.on('data', (piece) => {
    heard = Buffer.concat([heard, piece]);
    for (;;) {
      const head = phase === 'startup' ? 0 : 1;
      if (heard.length < head + 4 || heard.length < head + heard.readInt32BE(head)) return;
      const length = head + heard.readInt32BE(head);
      const message = heard.subarray(0, length);
      heard = heard.subarray(length);
      if (phase === 'startup') {
        if (length === 8) socket.write('N');
        else {
          phase = 'command';
          socket.write(login.greeting);
        }
        continue;
      }
      const type = String.fromCharCode(message[0]);
      if (type === 'p') socket.write(login.admission);
      else if (type === 'X') socket.end();
      else if (type === 'Q') {
        const answer = answers.get(commandOf(message.subarray(5)));
        // As the recorded server, a build without in-memory tables, ends the session there.
        if (answer === undefined) socket.end(fatal('invalid standby query string'));
        else socket.write(answer);
      }
    }
  });
});

function fatal(text) {
  const body = Buffer.from(`SFATAL\0C08P01\0M${text}\0\0`, 'latin1');
  const head = Buffer.alloc(5);
  head.write('E', 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
process.stdin.resume().on('end', () => process.exit(0));
