import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { resolveConnections, type ConnectionOptions } from './connection-settings.ts';

const home = mkdtempSync(join(tmpdir(), 'gausskeep-hosts-'));
afterAll(() => rmSync(home, { recursive: true }));
const environment = { HOME: home, PGUSER: 'u' };
const places = async (options: ConnectionOptions, variables: Record<string, string> = {}) => {
  const { connections } = await resolveConnections(options, { ...environment, ...variables });
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
  // As in libpq: the name of -h, at the address of the connection string.
  [{ connectionString: 'hostaddr=127.0.0.9', host: 'e' }, {}, [['e', 5432, '127.0.0.9']]],
  [
    { connectionString: 'postgresql://[::1]:7,b?hostaddr=127.0.0.1,127.0.0.2' },
    {},
    [
      ['::1', 7, '127.0.0.1'],
      ['b', 5432, '127.0.0.2'],
    ],
  ],
  [{ host: '', connectionString: 'host=c port=' }, { PGPORT: '8' }, [['c', 8]]],
] as const)('%j with %j', async (options, variables, expected) => {
  expect(await places(options, variables)).toEqual(expected);
});

it.each([
  [{ host: 'a,b', port: '1,2,3' }, {}, 'could not match 3 port numbers to 2 hosts'],
  [{ port: '1,2' }, {}, 'could not match 2 port numbers to 1 hosts'],
  [{}, { PGHOST: 'a,b', PGHOSTADDR: '127.0.0.1' }, 'could not match 2 host names to 1 hostaddr values'],
  [{ host: 'a,b', port: '1,x' }, {}, 'invalid port number: "x"'],
  [{ connectionString: 'hostaddr=db' }, {}, 'could not parse network address "db"'],
] as const)('refuses %j with %j', async (options, variables, message) => {
  await expect(places(options, variables)).rejects.toMatchObject({ message });
});

it('asks the password file for each host, and tells what is wrong with it once', async () => {
  const file = join(home, '.pgpass');
  writeFileSync(file, 'a:5432:replication:u:of-a\nb:5433:*:u:of-b\n', { mode: 0o600 });
  const options = { host: 'a,b,c', port: '5432,5433,5434' };
  const { connections: found } = await resolveConnections(options, environment);
  expect(found.map(({ password, passwordFile }) => [password, passwordFile])).toEqual([
    ['of-a', file],
    ['of-b', file],
    [undefined, undefined],
  ]);
  const { connections: typed } = await resolveConnections(
    { ...options, connectionString: 'password=typed' },
    environment,
  );
  expect(typed.map(({ password }) => password)).toEqual(['typed', 'typed', 'typed']);
  rmSync(file);
  writeFileSync(file, '*:*:*:*:x\n', { mode: 0o644 });
  expect((await resolveConnections(options, environment)).warnings).toHaveLength(1);
});

it('pairs ports for replication with their hosts, in whatever order they are tried', async () => {
  const hosts = Array.from({ length: 8 }, (_, index) => `h${index}`);
  const haPorts = hosts.map((_, index) => String(7000 + index));
  const options = { host: hosts.join(','), haPorts };
  const orders = new Set<string>();
  for (let run = 0; run < 20; run += 1) {
    const { connections } = await resolveConnections(options, { ...environment, PGLOADBALANCEHOSTS: 'random' });
    expect(connections.map(({ host }) => host).sort()).toEqual(hosts);
    for (const { host, haPort, randomAddress } of connections) {
      expect([haPort, randomAddress]).toEqual([7000 + Number(host.slice(1)), true]);
    }
    orders.add(connections.map(({ host }) => host).join(','));
  }
  // 20 times the same of 40 320 orders is as good as impossible.
  expect(orders.size).toBeGreaterThan(1);
  const { connections } = await resolveConnections(options, environment);
  expect(connections.map(({ host }) => host)).toEqual(hosts);
});
