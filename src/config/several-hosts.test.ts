import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { resolveConnections, type SeveralHostsOptions } from './several-hosts.ts';

const home = mkdtempSync(join(tmpdir(), 'gausskeep-hosts-'));
afterAll(() => rmSync(home, { recursive: true }));
const environment = { HOME: home, PGUSER: 'u' };
const places = async (options: SeveralHostsOptions, variables: Record<string, string> = {}) => {
  const connections = await resolveConnections(options, { ...environment, ...variables });
  return connections.map(({ host, hostaddr, port }) =>
    hostaddr === undefined ? [host, port] : [host, port, hostaddr],
  );
};

it.each([
  [{ host: 'a' }, {}, [['a', 5432]]],
  [
    { host: 'a,b' },
    {},
    [
      ['a', 5432],
      ['b', 5432],
    ],
  ],
  [
    { host: 'a,b', port: '5433' },
    {},
    [
      ['a', 5433],
      ['b', 5433],
    ],
  ],
  [
    { host: 'a,b', port: '5433,5434' },
    {},
    [
      ['a', 5433],
      ['b', 5434],
    ],
  ],
  [
    { host: 'a,b', port: ',5434' },
    {},
    [
      ['a', 5432],
      ['b', 5434],
    ],
  ],
  [
    {},
    { PGHOST: 'a,b', PGPORT: '1,2' },
    [
      ['a', 1],
      ['b', 2],
    ],
  ],
  [{ host: 'c' }, { PGHOST: 'a,b', PGPORT: '7' }, [['c', 7]]],
  [
    {},
    { PGHOST: 'a,b', PGHOSTADDR: '127.0.0.1,127.0.0.2' },
    [
      ['a', 5432, '127.0.0.1'],
      ['b', 5432, '127.0.0.2'],
    ],
  ],
  [
    {},
    { PGHOSTADDR: '127.0.0.1,127.0.0.2' },
    [
      ['127.0.0.1', 5432, '127.0.0.1'],
      ['127.0.0.2', 5432, '127.0.0.2'],
    ],
  ],
  [{ host: 'c' }, { PGHOSTADDR: '127.0.0.1' }, [['c', 5432]]],
  [
    { connectionString: 'host=c,d port=9' },
    { PGHOST: 'a', PGHOSTADDR: '127.0.0.1' },
    [
      ['c', 9],
      ['d', 9],
    ],
  ],
  [{ connectionString: 'host=c port=9', host: 'e' }, {}, [['e', 9]]],
] as const)('%j with %j', async (options, variables, expected) => {
  expect(await places(options, variables)).toEqual(expected);
});

it.each([
  [{ host: 'a,b', port: '1,2,3' }, {}, 'could not match 3 port numbers to 2 hosts'],
  [{ port: '1,2' }, {}, 'could not match 2 port numbers to 1 hosts'],
  [{}, { PGHOST: 'a,b', PGHOSTADDR: '127.0.0.1' }, 'could not match 2 host names to 1 hostaddr values'],
  [{ host: 'a,b', port: '1,x' }, {}, 'invalid port number: "x"'],
] as const)('refuses %j with %j', async (options, variables, message) => {
  await expect(places(options, variables)).rejects.toMatchObject({ message });
});

it('asks the password file for each host, and tells what is wrong with it once', async () => {
  const file = join(home, '.pgpass');
  writeFileSync(file, 'a:5432:replication:u:of-a\nb:5433:*:u:of-b\n', { mode: 0o600 });
  const options = { host: 'a,b,c', port: '5432,5433,5434' };
  const found = await resolveConnections(options, environment);
  expect(found.map(({ password, passwordFile }) => [password, passwordFile])).toEqual([
    ['of-a', file],
    ['of-b', file],
    [undefined, undefined],
  ]);
  const typed = await resolveConnections({ ...options, connectionString: 'password=typed' }, environment);
  expect(typed.map(({ password }) => password)).toEqual(['typed', 'typed', 'typed']);
  rmSync(file);
  writeFileSync(file, '*:*:*:*:x\n', { mode: 0o644 });
  const warnings = (await resolveConnections(options, environment)).map((connection) => connection.warnings.length);
  expect(warnings).toEqual([1, 0, 0]);
});
