/**
 * As much of psql as printed commands use, where no psql is installed: a session on the server that -h, -p and -U name, and
 * nothing else. What PostgreSQL's programs take from their build or the environment is missing here on purpose.
 */
import { userInfo } from 'node:os';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { Client } from 'pg';

const { values, positionals } = parseArgs({
  options: {
    host: { type: 'string', short: 'h' },
    port: { type: 'string', short: 'p' },
    username: { type: 'string', short: 'U' },
    command: { type: 'string', short: 'c', multiple: true },
    'no-align': { type: 'boolean', short: 'A' },
    'tuples-only': { type: 'boolean', short: 't' },
  },
  allowPositionals: true,
});
const { host = '/nowhere', port = '5432', username = userInfo().username } = values;
const client = new Client({ host, port: Number(port), user: username, database: positionals[0] ?? username });

async function main(): Promise<void> {
  await client.connect();
  const statements = values.command ?? (await text(process.stdin)).split(';').filter((line) => line.trim() !== '');
  for (const statement of statements) {
    const { rows } = await client.query<unknown[]>({ text: statement, rowMode: 'array' });
    for (const row of rows) process.stdout.write(`${row.map(String).join('|')}\n`);
  }
  await client.end();
}

main().catch((error: unknown) => {
  process.stderr.write(`psql: ${String(error)}\n`);
  process.exitCode = 2;
});
