// node bench/bare-reader.mjs PORT RECORDING plain|tar DIRECTORY [sync]: what a backup of openGauss costs at least: replays what the recorded
// client sent, and writes the members as files, or the tars as they come, without looking at anything else. `sync` flushes each file.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';

const [port, recording, form, directory, sync] = process.argv.slice(2);
const headerBytes = 2560;
mkdirSync(directory, { recursive: true });

const sent = readFileSync(join(recording, 'conn1.c2s.bin'));
/** Startup packets, then messages with a type byte; the end of the session (X) closes it. */
const packets = [];
for (let at = 0; at < sent.length;) {
  const head = sent[at] === 0 ? 0 : 1;
  const end = at + head + sent.readInt32BE(at + head);
  packets.push(sent.subarray(at, end));
  at = end;
}

let descriptor;
const written = [];
const made = new Set();
function open(name) {
  close();
  const path = join(directory, name);
  const parent = dirname(path);
  if (!made.has(parent)) {
    mkdirSync(parent, { recursive: true });
    made.add(parent);
  }
  descriptor = openSync(path, 'w');
  written.push(path);
}
function close() {
  if (descriptor !== undefined) closeSync(descriptor);
  descriptor = undefined;
}

/** Members: what is left of the content and of the padding of the one that comes. */
let header = Buffer.alloc(0);
let content = 0;
let padding = 0;
let tars = 0;
function payload(piece) {
  if (form === 'tar') {
    writeSync(descriptor, piece);
    return;
  }
  for (let at = 0; at < piece.length;) {
    if (content > 0) {
      const part = piece.subarray(at, at + content);
      writeSync(descriptor, part);
      content -= part.length;
      at += part.length;
    } else if (padding > 0) {
      const skipped = Math.min(padding, piece.length - at);
      padding -= skipped;
      at += skipped;
    } else {
      const part = piece.subarray(at, at + headerBytes - header.length);
      header = Buffer.concat([header, part]);
      at += part.length;
      if (header.length < headerBytes) return;
      const name = header.toString('latin1', 0, header.indexOf(0));
      content = parseInt(header.toString('latin1', 1048, 1059), 8);
      padding = (512 - (content % 512)) % 512;
      if (header[1080] === 0x30) open(`${tars}/${name}`);
      header = Buffer.alloc(0);
    }
  }
}

let head = Buffer.alloc(0);
let left = 0;
let type = 0;
let tlsAnswered = packets[0].length !== 8;
const socket = connect({
  host: '127.0.0.1',
  port: Number(port),
  onread: {
    buffer: Buffer.allocUnsafeSlow(256 * 1024),
    callback: (length, buffer) => {
      read(Buffer.from(buffer.buffer, buffer.byteOffset, length));
      return true;
    },
  },
});
const send = () => {
  const next = packets.shift();
  if (next !== undefined) socket.write(next);
  if (packets.length === 0) socket.end();
};
socket.on('connect', send);

function read(chunk) {
  let at = 0;
  if (!tlsAnswered) {
    tlsAnswered = true;
    at = 1;
    send();
  }
  while (at < chunk.length) {
    if (left === 0) {
      const part = chunk.subarray(at, at + 5 - head.length);
      head = Buffer.concat([head, part]);
      at += part.length;
      if (head.length < 5) return;
      type = head[0];
      left = head.readInt32BE(1) - 4;
      head = Buffer.alloc(0);
      if (type === 0x48) {
        tars += 1;
        if (form === 'tar') open(`${tars}.tar`);
      }
      if (type === 0x63) close();
      if (type === 0x5a || (type === 0x52 && left > 4)) setImmediate(send);
    }
    const body = chunk.subarray(at, at + left);
    if (type === 0x64) payload(body);
    left -= body.length;
    at += body.length;
  }
}

socket.on('close', () => {
  close();
  if (sync !== 'sync') return;
  for (const path of written) {
    const file = openSync(path, 'r');
    fsyncSync(file);
    closeSync(file);
  }
});
