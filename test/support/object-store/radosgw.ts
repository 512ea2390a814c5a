import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { accessSync, closeSync, constants, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { testAccount } from './s3-server.ts';

/** Debian's packages: `apt-get install --no-install-recommends …`. */
export const radosgwPackages = ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph-common'];

const programs = ['radosgw', 'radosgw-admin', 'ceph', 'ceph-mon', 'ceph-osd', 'monmaptool'];

/** Which programs are missing; none: Ceph's gateway can be started. */
export function missingRadosgwPrograms(): string[] {
  const path = (process.env['PATH'] ?? '').split(delimiter);
  return programs.filter((program) => !path.some((directory) => isExecutable(join(directory, program))));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A program of Ceph that runs on after we end; `name` is what the system calls the process. */
export interface CephProcess {
  readonly name: string;
  readonly pid: number;
}

const waitMs = 60_000;

/**
 * Starts Ceph's RADOS gateway with a monitor and one store in memory, all on 127.0.0.1 and ports of their own, as the
 * account that we are. Takes some ten seconds and 135 MB.
 * @param place an empty directory
 * @param started is told of each process at once, so that whatever happens it can be ended
 * @param tls it speaks TLS on a port of its own as well, with this certificate and key
 * @returns the endpoint; the keys are those of {@link testAccount}
 */
export async function startRadosgw(
  place: string,
  started: (process: CephProcess) => void,
  tls?: { readonly port: number; readonly certificate: string; readonly key: string },
): Promise<string> {
  const [port, monitorPort] = await freePorts(2);
  const ceph = new Ceph(place, started);
  const fsid = randomUUID();
  const monitor = `v1:127.0.0.1:${monitorPort}`;
  for (const name of ['mon', 'osd', 'rgw']) mkdirSync(join(place, name));
  writeFileSync(ceph.configuration, configurationText({ place, fsid, monitor, port: port!, tls }));
  writeFileSync(ceph.keyring, '');
  const map = join(place, 'monmap');
  ceph.run('monmaptool', ['--create', '--clobber', '--addv', 'a', `[${monitor}]`, '--fsid', fsid, map]);
  ceph.run('ceph-mon', ['--id', 'a', '--mkfs', '--monmap', map, '--keyring', ceph.keyring]);
  ceph.start('ceph-mon', ['--id', 'a']);
  // A monitor that has just begun refuses some of what it is asked.
  await until('the monitor answers', () => ceph.succeeds('ceph', ['--keyring', ceph.keyring, 'osd', 'new', fsid]));
  ceph.run('ceph-osd', ['-i', '0', '--mkfs', '--osd-uuid', fsid, '--keyring', ceph.keyring]);
  const osd = ceph.start('ceph-osd', ['-i', '0']);
  await until('the OSD is up', () => {
    // Ceph has a race: now and then a program ends with "wrong fsid" when the monitor's map comes while it asks.
    osd.startAgainIfEnded();
    return ceph.succeeds('ceph', ['--keyring', ceph.keyring, 'osd', 'stat'], '1 up');
  });
  const gateway = ceph.start('radosgw', ['-n', 'client.admin', '--keyring', ceph.keyring]);
  const keys = ['--access-key', testAccount.accessKeyId, '--secret-key', testAccount.secretAccessKey];
  const user = ['user', 'create', '--uid=test', '--display-name=test', ...keys];
  const admin = ['-n', 'client.admin', '--keyring', ceph.keyring];
  await until('the user is there', () => {
    const made = ceph.succeeds('radosgw-admin', [...admin, ...user]);
    // An attempt that failed may have made it.
    return made === true ? true : ceph.succeeds('radosgw-admin', [...admin, 'user', 'info', '--uid=test']);
  });
  const endpoint = `http://127.0.0.1:${port}`;
  await until('radosgw answers', () => {
    gateway.startAgainIfEnded();
    return fetch(endpoint).then(
      ({ status }) => (status === 200 ? true : `HTTP ${status}`),
      (error: unknown) => String(error),
    );
  });
  return endpoint;
}

class Ceph {
  readonly #place: string;
  readonly #started: (process: CephProcess) => void;
  readonly configuration: string;
  readonly keyring: string;

  constructor(place: string, started: (process: CephProcess) => void) {
    this.#place = place;
    this.#started = started;
    this.configuration = join(place, 'ceph.conf');
    this.keyring = join(place, 'keyring');
  }

  /** @returns what it printed. @throws Error with what it said when it failed */
  run(program: string, words: readonly string[]): string {
    const all = program === 'monmaptool' ? words : ['-c', this.configuration, ...words];
    const { status, stdout, stderr, error } = spawnSync(program, all, {
      encoding: 'utf8',
      timeout: waitMs,
      env: { ...process.env, CEPH_CONF: this.configuration },
    });
    if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${error?.message ?? `${stdout}${stderr}`}`);
    return stdout;
  }

  /** Whether it ended well and printed this; what it said instead. */
  succeeds(program: string, words: readonly string[], text = ''): true | string {
    try {
      const printed = this.run(program, words);
      return printed.includes(text) ? true : printed;
    } catch (error) {
      return String(error);
    }
  }

  /** Starts it in the foreground, in a session of its own. */
  start(program: string, words: readonly string[]): { startAgainIfEnded(): void } {
    const begin = (): ChildProcess => {
      const output = openSync(join(this.#place, `${program}.out`), 'a');
      const child = spawn(program, ['-c', this.configuration, '-f', ...words], {
        detached: true,
        stdio: ['ignore', output, output],
        env: { ...process.env, CEPH_CONF: this.configuration },
      });
      closeSync(output);
      child.unref();
      this.#started({ name: program, pid: child.pid! });
      return child;
    };
    let child = begin();
    return {
      startAgainIfEnded() {
        if (child.exitCode !== null || child.signalCode !== null) child = begin();
      },
    };
  }
}

function configurationText(of: {
  readonly place: string;
  readonly fsid: string;
  readonly monitor: string;
  readonly port: number;
  readonly tls?: { readonly port: number; readonly certificate: string; readonly key: string } | undefined;
}): string {
  const { tls } = of;
  const secure =
    tls && ` ssl_endpoint=127.0.0.1:${tls.port} ssl_certificate=${tls.certificate} ssl_private_key=${tls.key}`;
  return `[global]
fsid = ${of.fsid}
mon_host = ${of.monitor}
mon_initial_members = a
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_supported = none
ms_mon_client_mode = crc
ms_bind_ipv6 = false
ms_bind_port_min = 20000
ms_bind_port_max = 29999
ms_type = async+posix
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_pg_warn_min_per_osd = 0
mon_max_pg_per_osd = 1000
log_to_stderr = false
log_file = ${of.place}/$name.log
admin_socket =
run_dir = ${of.place}
mon_data = ${of.place}/mon
osd_data = ${of.place}/osd
osd_objectstore = memstore
memstore_device_bytes = 8589934592
rgw_data = ${of.place}/rgw
rgw_dns_name = localhost
rgw_frontends = beast endpoint=127.0.0.1:${of.port}${secure ?? ''}
rgw_enable_ops_log = false
rgw_enable_gc_threads = false
rgw_enable_lc_threads = false
rgw_enable_quota_threads = false
rgw_run_sync_thread = false
`;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** @param holds true, or what is in the way */
async function until(what: string, holds: () => true | string | Promise<true | string>): Promise<void> {
  const end = Date.now() + waitMs;
  for (let found = await holds(); found !== true; found = await holds()) {
    if (Date.now() > end) throw new Error(`not within ${waitMs / 1000} s: ${what}; the last was: ${found}`);
    await pause(100);
  }
}

/**
 * Free now. Not of those that the system gives to clients: one of them could get the port before its server does, or a
 * client that asks too early could reach itself.
 */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(10_000, 20_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  await new Promise((resolve) => server.close(resolve));
  return listening;
}
