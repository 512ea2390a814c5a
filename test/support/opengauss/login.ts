import { authentication, backendKeyData, parameterStatus, readyForQuery } from '../scripted/messages.ts';
import type { FirstPacket } from '../scripted/frontend-reader.ts';
import { hbaMethod } from './access.ts';
import { SessionOver } from './output.ts';
import { challengeFor, type HbaMethod } from './passwords.ts';
import { fatal, fields, noHbaLine, refusals, tooManySenders } from './refusals.ts';
import type { Session } from './session.ts';

type Startup = Extract<FirstPacket, { kind: 'startup' }>;

/** Keys that the server reads itself; all others are settings, and must be known ones. */
const ownKeys = new Set(['user', 'database', 'options', 'replication', 'backend_version', 'connect_timeout']);
const knownSettings = new Set([
  'application_name',
  'client_encoding',
  'datestyle',
  'timezone',
  'geqo',
  'extra_float_digits',
  'statement_timeout',
]);

const acceptedVersions = new Set(['2.0', '3.0', '3.50', '3.51']);

async function firstPacket(session: Session): Promise<Startup> {
  for (;;) {
    const packet = await session.reader.firstPacket();
    if (!packet) throw new SessionOver('no startup packet');
    session.note({ ...packet, kind: packet.kind, tls: session.tls });
    if (packet.kind === 'startup') return packet;
    if (packet.kind === 'cancel') {
      session.hangUp();
      throw new SessionOver('cancel request');
    }
    if (packet.kind === 'ssl' && session.state.options.tls && !session.tls) await session.startTls();
    else await session.out.write(Buffer.from('N'));
  }
}

function walSenderKind(value: string | undefined): Session['walSender'] | undefined {
  if (value === undefined) return 'no';
  if (value === 'database') return 'database';
  const lower = value.toLowerCase();
  if (['true', 'on', 'yes', '1', 't', 'y'].includes(lower)) return 'physical';
  return ['false', 'off', 'no', '0'].includes(lower) ? 'no' : undefined;
}

async function readStartup(session: Session): Promise<void> {
  const packet = await firstPacket(session);
  await session.fault('startup');
  const version = `${packet.major}.${packet.minor}`;
  if (!acceptedVersions.has(version)) {
    await session.fail(fatal('0A000', `unsupported frontend protocol ${version}.`));
  }
  if (!packet.wellFormed) await session.fail(refusals.startupLayout);
  const { parameters } = packet;
  if (parameters.has('enable_full_encryption')) session.state.violations.push('enable_full_encryption was sent');
  const kind = walSenderKind(parameters.get('replication'));
  if (kind === undefined) return session.fail(refusals.badReplicationValue);
  session.walSender = kind;
  session.minor = packet.minor;
  session.user = parameters.get('user') ?? '';
  session.database = parameters.get('database') ?? session.user;
  session.applicationName = parameters.get('application_name') ?? '';
  const { threadPool } = session.state.options;
  if (kind !== 'no' && session.port === 'sql' && threadPool && (session.state.release >= 1.1 || kind === 'database')) {
    await session.failWithReady(refusals.threadPool);
  }
  if (session.user === '') await session.fail(refusals.noUser);
  if (kind === 'no' && session.port === 'ha') await session.fail(refusals.sqlOnHaPort);
  for (const name of parameters.keys()) {
    if (!ownKeys.has(name) && !knownSettings.has(name.toLowerCase())) {
      await session.fail(fatal('42704', `unrecognized configuration parameter "${name}"`));
    }
  }
}

async function password(session: Session, method: Exclude<HbaMethod, 'trust' | 'reject'>): Promise<void> {
  const { state, user } = session;
  const challenge = challengeFor(method, user, state.storedPassword(user), session.minor);
  await session.fault('auth');
  await session.out.write(challenge.message);
  const answer = await session.reader.message();
  if (answer?.type !== 'p') {
    session.note({ kind: 'no-password' });
    throw new SessionOver('the client hung up at the password request');
  }
  const text = answer.body.toString('latin1', 0, answer.body.length - 1);
  const right = challenge.accepts(text);
  session.note({ kind: 'password', code: challenge.code, answer: text, right });
  const wrong = state.wrongPasswords.get(user) ?? 0;
  if (wrong >= (state.options.failedLoginAttempts ?? 10)) await session.fail(refusals.locked);
  if (!right) {
    state.wrongPasswords.set(user, wrong + 1);
    await session.fail(refusals.wrongPassword);
  }
  state.wrongPasswords.delete(user);
}

async function authenticate(session: Session): Promise<void> {
  const { state, user, walSender } = session;
  const address = state.options.clientAddress ?? '127.0.0.2';
  const known = state.users.get(user);
  // A physical session from the server's own address is let in without a look at pg_hba or the password.
  if (walSender === 'physical' && address === '127.0.0.1') return;
  const method = hbaMethod(state.hba, { walSender: walSender !== 'no', user, address });
  if (method === undefined || method === 'reject') {
    if (walSender !== 'no') await session.fail(noHbaLine(address, user, session.tls));
    const from = `host "${address}", user "${user}", database "${session.database}", SSL ${session.tls ? 'on' : 'off'}`;
    return session.fail(fatal('28000', `no pg_hba.conf entry for ${from}`));
  }
  if (known?.initial) await session.fail(refusals.initialUser);
  if (method !== 'trust') await password(session, method);
}

/** In the order of the recordings; the encoding of a physical session is SQL_ASCII whatever the database's. */
function reportedParameters(session: Session): [string, string][] {
  const encoding = session.walSender === 'physical' ? 'SQL_ASCII' : 'UTF8';
  const named = session.walSender === 'no' || session.applicationName === 'gs_basebackup';
  return [
    ...(session.applicationName === '' ? [] : [['application_name', session.applicationName] as [string, string]]),
    ['b_format_behavior_compat_options', ''],
    ['behavior_compat_options', ''],
    ['cgroup_name', ''],
    ['character_set_connection', encoding],
    ['client_encoding', encoding],
    ['collation_connection', ''],
    ['connection_info', ''],
    ['DateStyle', 'ISO, MDY'],
    ['integer_datetimes', 'on'],
    ['IntervalStyle', 'postgres'],
    ['is_sysadmin', 'off'],
    ['memory_detail_tracking', ''],
    ['plsql_compile_check_options', ''],
    ['query_band', ''],
    ['server_encoding', encoding],
    ['server_version', '9.2.4'],
    ['session_authorization', named ? session.user : ''],
    ['session_respool', 'invalid_pool'],
    ['standard_conforming_strings', 'on'],
    ['TimeZone', 'UCT'],
    ['uppercase_attribute_name', 'off'],
  ];
}

/** From the first byte to ReadyForQuery. Ends the session where the recorded server does. */
export async function login(session: Session): Promise<void> {
  await readStartup(session);
  await authenticate(session);
  const { state } = session;
  const user = state.users.get(session.user);
  const bypassed = session.walSender === 'physical' && session.applicationName !== 'gs_basebackup';
  session.sysadmin = bypassed || (user?.sysadmin ?? false);
  session.replication = user?.replication ?? false;
  await session.fault('login');
  const ok = authentication(0);
  const asTool = session.walSender !== 'no' && session.applicationName === 'gs_basebackup';
  if (asTool && session.port === 'ha' && !session.sysadmin) {
    await session.out.write(ok);
    await session.fail(refusals.haChannel);
  }
  await session.out.write(ok, ...reportedParameters(session).map(([name, value]) => parameterStatus(name, value)));
  if (session.walSender !== 'no') {
    const limit = state.options.maxWalSenders ?? 16;
    if (state.walSenders() >= limit) await session.fail(tooManySenders(limit));
    if (state.options.threadPool) {
      await session.notice(fields('INFO', '00000', 'Try to bind walsender thread to available CPUs in threadpool.'));
    }
  } else {
    await session.out.write(backendKeyData(816 + session.number, 0x1ea21035));
  }
  session.phase = 'idle';
  await session.out.write(readyForQuery());
}
