/** Loaded into a program and its threads with `node --require`: a line of NODE_NOTES for each, with the release that runs it. */
const { appendFileSync } = require('node:fs');
const { basename } = require('node:path');
const { isMainThread } = require('node:worker_threads');

const { NODE_NOTES } = process.env;
const what = isMainThread ? `program ${basename(process.argv[1] ?? '-')}` : 'thread';
if (NODE_NOTES !== undefined) appendFileSync(NODE_NOTES, `${process.version} ${what}\n`);
