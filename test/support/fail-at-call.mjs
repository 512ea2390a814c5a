/**
 * Loaded into a program and its threads with `node --import`: makes one call of the file system fail as the kernel would.
 * Calls count that name something below FAULT_ROOTS (paths joined by `:`), or that write to a file there. A call is told
 * apart by what it does and to which file, with roots as $0, $1, … and as `*` what differs in names from run to run.
 * With CALLS_FILE in the environment nothing fails; each call is written there with its place in our programs, a line each. With FAIL_CALL the call of this
 * text fails with FAIL_CODE when it comes for the FAIL_NTH time in its thread, and STRUCK_FILE is made; a FAIL_CALL of a kind alone, `owner *`, fails every time. With FAIL_STAYS from then on everything that takes
 * space fails, in every thread; or where it was a call that reads, every such call of the same kind for the same file.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import { getSystemErrorMap } from 'node:util';

const { FAULT_ROOTS, CALLS_FILE, FAIL_CALL, FAIL_NTH, FAIL_CODE, FAIL_STAYS, STRUCK_FILE } = process.env;
const roots = (FAULT_ROOTS ?? '').split(':').filter((root) => root !== '');
const real = { ...fs, promises: { ...fs.promises } };
const notes = CALLS_FILE === undefined ? undefined : real.openSync(CALLS_FILE, 'a');
/** What differs from run to run: UUIDs, ids of a repository, other random parts, and names of WAL segments while a server goes on. */
const random =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<=\.gausskeep-)(?:[0-9a-f]{18}|\d+-[0-9a-f]{8})|[0-9a-f]{32}|[0-9A-F]{24}/g;
let seen = 0;

/** What a path, descriptor or handle leads to. */
function pathOf(subject) {
  if (typeof subject === 'number') {
    try {
      return real.readlinkSync(`/proc/self/fd/${subject}`);
    } catch {
      return '';
    }
  }
  if (subject instanceof URL) return subject.pathname;
  const path =
    Buffer.isBuffer(subject) || subject instanceof Uint8Array
      ? Buffer.from(subject).toString('latin1')
      : String(subject);
  // What lies in a directory that is held open.
  const [, descriptor, rest = ''] = /^\/proc\/self\/fd\/(\d+)(\/.*)?$/s.exec(path) ?? [];
  return descriptor === undefined ? path : pathOf(Number(descriptor)) + rest;
}

/** Whether a descriptor is open for writing: what was only read has nothing to lose when it is closed. */
function isWritten(descriptor) {
  const flags = /^flags:\s+(\d+)$/m.exec(real.readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'));
  return (Number.parseInt(flags?.[1] ?? '0', 8) & 3) !== fs.constants.O_RDONLY;
}

/** The call as the table knows it; undefined for what is none of ours. */
function callOf(kind, path) {
  const at = roots.findIndex((root) => path === root || path.startsWith(`${root}/`));
  if (at === -1) return undefined;
  return `${kind} $${at}${path.slice(roots[at].length)}`.replaceAll(random, '*');
}

/** The place in our programs that makes the call: what calls share it, one can stand for. */
function siteOf() {
  const frames = new Error().stack.split('\n').filter((line) => !/fail-at-call|node:/.test(line));
  return frames
    .slice(1, 6)
    .map((line) => line.replace(/^.*[(/]([^(/]+:\d+:\d+)\)?$/, '$1'))
    .join(' < ');
}

const reads = new Set(['open', 'read', 'list', 'stat']);
const takesSpace = new Set(['create', 'write', 'mkdir', 'link', 'rename', 'truncate']);

/** The error for this call, or undefined where it is to be made. */
function failureOf(kind, subject, syscall) {
  const path = pathOf(subject);
  const call = callOf(kind, path);
  if (call === undefined || (kind === 'close' && !isWritten(subject))) return undefined;
  if (notes !== undefined) {
    real.writeSync(notes, `${call}\t${siteOf()}\n`);
    return undefined;
  }
  const isEvery = FAIL_CALL === `${kind} *`;
  if (call === FAIL_CALL || isEvery) {
    seen += 1;
    if (isEvery || seen === Number(FAIL_NTH)) {
      real.writeFileSync(STRUCK_FILE, call);
      return systemError(syscall, typeof subject === 'number' ? undefined : path);
    }
  }
  if (FAIL_STAYS === undefined || !real.existsSync(STRUCK_FILE)) return undefined;
  const isMore = reads.has(FAIL_CALL.split(' ')[0]) ? call === FAIL_CALL : takesSpace.has(kind);
  if (!isMore) return undefined;
  return systemError(syscall, typeof subject === 'number' ? undefined : path);
}

/** As Node makes it: what libuv has no name for is told by its number. */
function systemError(syscall, path) {
  const numbers = { EDQUOT: 122 };
  const [number, [, text]] = [...getSystemErrorMap()].find(([, [name]]) => name === FAIL_CODE) ?? [
    -numbers[FAIL_CODE],
    [],
  ];
  const unknown = `Unknown system error ${number}`;
  const code = text === undefined ? unknown : FAIL_CODE;
  const error = new Error(
    `${code}: ${text ?? unknown}, ${syscall}${path === undefined ? '' : ` '${Buffer.from(path, 'latin1').toString()}'`}`,
  );
  return Object.assign(error, { errno: number, code, syscall }, path === undefined ? {} : { path });
}

/** How a call fails in each of its three forms. `after`: it is made nevertheless, as the kernel does with close. */
function wrap(name, kindOf, { syscall = name, after = false, subject = (args) => args[0] } = {}) {
  const fault = (args) => {
    const kind = typeof kindOf === 'string' ? kindOf : kindOf(...args);
    return failureOf(kind, subject(args), syscall);
  };
  const sync = real[`${name}Sync`];
  if (sync !== undefined) {
    fs[`${name}Sync`] = function (...args) {
      const error = fault(args);
      if (error === undefined) return sync.apply(this, args);
      if (after) sync.apply(this, args);
      throw error;
    };
    // realpathSync.native
    Object.assign(fs[`${name}Sync`], sync);
  }
  const inTime = real.promises[name];
  if (inTime !== undefined) {
    fs.promises[name] = async function (...args) {
      const error = fault(args);
      if (error === undefined) return inTime.apply(this, args);
      throw error;
    };
  }
  const later = real[name];
  if (typeof later === 'function') {
    fs[name] = function (...args) {
      const error = fault(args);
      if (error === undefined) return later.apply(this, args);
      const answer = args.at(-1);
      if (!after) return process.nextTick(answer, error);
      return later.apply(this, [...args.slice(0, -1), () => answer(error)]);
    };
  }
}

/** The methods of a file handle, whose class has no name of its own. */
async function wrapHandles() {
  const handle = await real.promises.open('/dev/null');
  const methods = Object.getPrototypeOf(handle);
  await handle.close();
  for (const [name, kind, syscall] of [
    ['write', 'write', 'write'],
    ['writev', 'write', 'write'],
    ['writeFile', 'write', 'write'],
    ['appendFile', 'write', 'write'],
    ['truncate', 'truncate', 'ftruncate'],
    ['sync', 'sync', 'fsync'],
    ['datasync', 'sync', 'fdatasync'],
    ['chmod', 'mode', 'fchmod'],
    ['chown', 'owner', 'fchown'],
    ['utimes', 'times', 'futime'],
    ['read', 'read', 'read'],
    ['readv', 'read', 'read'],
    ['readFile', 'read', 'read'],
    ['stat', 'stat', 'fstat'],
    ['close', 'close', 'close'],
  ]) {
    const original = methods[name];
    methods[name] = async function (...args) {
      const error = this.fd < 0 ? undefined : failureOf(kind, this.fd, syscall);
      if (error === undefined) return original.apply(this, args);
      if (name === 'close') await original.apply(this, args);
      throw error;
    };
  }
}

const openKind = (_path, flags) => {
  const makes = typeof flags === 'string' ? /[wa]/.test(flags) : ((flags ?? 0) & fs.constants.O_CREAT) !== 0;
  return makes ? 'create' : 'open';
};

if (roots.length > 0) {
  wrap('open', openKind);
  for (const name of ['write', 'writev']) wrap(name, 'write', { syscall: 'write' });
  for (const name of ['writeFile', 'appendFile']) wrap(name, 'write', { syscall: 'open' });
  wrap('copyFile', 'write', { syscall: 'copyfile', subject: (args) => args[1] });
  for (const name of ['mkdir', 'mkdtemp']) wrap(name, 'mkdir');
  for (const name of ['link', 'symlink']) wrap(name, 'link', { subject: (args) => args[1] });
  wrap('rename', 'rename', { subject: (args) => args[1] });
  for (const name of ['truncate', 'ftruncate']) wrap(name, 'truncate');
  for (const name of ['fsync', 'fdatasync']) wrap(name, 'sync');
  for (const name of ['chmod', 'fchmod']) wrap(name, 'mode');
  for (const name of ['chown', 'fchown', 'lchown']) wrap(name, 'owner');
  for (const name of ['utimes', 'futimes', 'lutimes']) wrap(name, 'times', { syscall: 'utime' });
  for (const name of ['unlink', 'rmdir', 'rm']) wrap(name, 'remove');
  wrap('close', 'close', { after: true });
  for (const name of ['read', 'readv']) wrap(name, 'read', { syscall: 'read' });
  wrap('readFile', 'read', { syscall: 'read' });
  wrap('readdir', 'list', { syscall: 'scandir' });
  wrap('opendir', 'list');
  for (const name of ['stat', 'lstat', 'fstat', 'statfs', 'access', 'realpath', 'readlink']) wrap(name, 'stat');
  const { existsSync } = real;
  fs.existsSync = (path) => failureOf('stat', path, 'access') === undefined && existsSync(path);
  await wrapHandles();
  syncBuiltinESMExports();
}
