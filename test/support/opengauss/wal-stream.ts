import { commandComplete, copyBothResponse, copyData } from '../scripted/messages.ts';
import { noSuchSlot, removedSegment } from './refusals.ts';
import type { Session } from './session.ts';
import { SessionOver } from './output.ts';
import type { Slot, StreamCut } from './state.ts';
import { lsnText } from './wal-store.ts';

const defaultMaxPayload = 8 << 20;
const unixToPostgresSeconds = 946_684_800;

function now(): bigint {
  return BigInt(Date.now() - unixToPostgresSeconds * 1000) * 1000n;
}

/** `k`, 33 bytes: little-endian as all structs of this stream; padding carries leftovers, so it is not zero here either. */
export function keepalive(walEnd: bigint, replyRequested: boolean, catchingUp: boolean): Buffer {
  const body = Buffer.alloc(33, 0xa5);
  body.write('k', 0, 'latin1');
  body.writeBigUInt64LE(walEnd, 1);
  body.writeInt32LE(1, 9);
  body.writeInt32LE(1, 13);
  body.writeBigInt64LE(now(), 17);
  body.writeUInt8(replyRequested ? 1 : 0, 25);
  body.writeUInt8(catchingUp ? 1 : 0, 26);
  return body;
}

/** `m`: a modification time and postgresql.conf. */
export function configFile(text: string): Buffer {
  const body = Buffer.alloc(9);
  body.write('m', 0, 'latin1');
  body.writeBigInt64LE(BigInt(Math.trunc(Date.now() / 1000)), 1);
  return Buffer.concat([body, Buffer.from(`${text}\0`)]);
}

/** `w`: 65 bytes, then the WAL. @param serverEnd end of WAL on the server, which a message need not reach */
export function walDataHead(start: bigint, end: bigint, serverEnd = end): Buffer {
  const head = Buffer.alloc(65, 0xa5);
  head.write('w', 0, 'latin1');
  head.writeBigUInt64LE(start, 1);
  head.writeBigUInt64LE(serverEnd, 9);
  head.writeBigInt64LE(now(), 17);
  head.writeBigUInt64LE(end, 25);
  for (const at of [33, 41, 49]) head.writeBigUInt64LE(0n, at);
  head.writeUInt8(0, 57);
  return head;
}

export interface StandbyReply {
  readonly receive: bigint;
  readonly write: bigint;
  readonly flush: bigint;
  readonly apply: bigint;
  readonly role: number;
  readonly peerState: number;
  readonly replyRequested: boolean;
  readonly replyFlags: number;
}

export function parseReply(body: Buffer): StandbyReply {
  return {
    receive: body.readBigUInt64LE(1),
    write: body.readBigUInt64LE(9),
    flush: body.readBigUInt64LE(17),
    apply: body.readBigUInt64LE(25),
    role: body.readInt32LE(41),
    peerState: body.readInt32LE(45),
    replyRequested: body.readUInt8(57) !== 0,
    replyFlags: body.readUInt32LE(61),
  };
}

/** One START_REPLICATION: sends as WAL grows, listens, and cuts a silent receiver without a word. */
class WalSender {
  readonly #session: Session;
  readonly #slot: Slot | undefined;
  readonly #end = new AbortController();
  readonly #cut: StreamCut | undefined;
  #sent: bigint;
  #messages = 0;
  #bytes = 0;
  #lastHeardMs = performance.now();
  #requestOpen = false;
  #caughtUpOnce = false;

  constructor(session: Session, start: bigint, slot: Slot | undefined) {
    this.#session = session;
    this.#slot = slot;
    this.#sent = start;
    this.#cut = session.state.streamCuts.shift();
  }

  /** Sends a message, or as much of it as the cut of this stream lets through. */
  async #put(...parts: readonly Uint8Array[]): Promise<void> {
    const message = copyData(...parts);
    const { afterMessages = Infinity, afterBytes = Infinity, how } = this.#cut ?? {};
    const left = this.#messages >= afterMessages ? 0 : Math.max(0, afterBytes - this.#bytes);
    this.#messages += 1;
    this.#bytes += message.length;
    if (left >= message.length) {
      await this.#session.out.write(message);
      return;
    }
    if (left > 0) await this.#session.out.write(message.subarray(0, left));
    this.#session.note({ kind: 'stream-cut', sent: this.#sent, messages: this.#messages - 1 });
    if (how === 'reset') this.#session.reset();
    this.#end.abort();
    throw new SessionOver('scripted cut');
  }

  /** Sends postgresql.conf, as after SIGHUP; a real server spares a client whose state is BUILDING. */
  async sendConfigFile(text: string): Promise<void> {
    await this.#put(configFile(text));
  }

  async run(): Promise<void> {
    const { session, stop } = { session: this.#session, stop: this.#session.state.stopSignal };
    const ended = (): void => this.#end.abort();
    stop.addEventListener('abort', ended, { once: true });
    session.stream.once('close', ended);
    const timer = setInterval(() => void this.#watch().catch(ended), 20);
    try {
      await Promise.race([this.#send(), this.#listen()]);
    } finally {
      clearInterval(timer);
      stop.removeEventListener('abort', ended);
      this.#end.abort();
      session.hangUp();
    }
  }

  async #keepalive(replyRequested: boolean, catchingUp = false): Promise<void> {
    if (replyRequested) this.#requestOpen = true;
    await this.#put(keepalive(this.#sent, replyRequested, catchingUp));
  }

  async #send(): Promise<void> {
    const { state, out } = this.#session;
    await this.#keepalive(false, true);
    while (!this.#end.signal.aborted) {
      if (this.#sent < state.wal.insertLsn) {
        await this.#sendSome();
        continue;
      }
      if (!this.#caughtUpOnce) {
        this.#caughtUpOnce = true;
        await this.#keepalive(true);
      }
      if (state.shutdown === 'fast') {
        await out.write(commandComplete('COPY 0'));
        return;
      }
      await state.wal.growth(this.#end.signal);
    }
  }

  async #sendSome(): Promise<void> {
    const { wal, options } = this.#session.state;
    const maxPayload = options.maxSendBytes ?? defaultMaxPayload;
    const first = wal.segmentOf(this.#sent);
    if (!wal.has(first)) await this.#session.fail(removedSegment(wal.segmentName(first)));
    const payload: Buffer[] = [];
    let end = this.#sent;
    while (end < wal.insertLsn && end - this.#sent < BigInt(maxPayload) && wal.has(wal.segmentOf(end))) {
      const piece = wal.read(end, wal.insertLsn, maxPayload - Number(end - this.#sent));
      payload.push(piece);
      end += BigInt(piece.length);
    }
    // What does not reach the end of WAL ends with a page.
    const over = end < wal.insertLsn ? end % 8192n : 0n;
    if (over > 0n && end - over > this.#sent) {
      end -= over;
      payload.push(payload.pop()!.subarray(0, -Number(over)));
    }
    const head = walDataHead(this.#sent, end, wal.insertLsn);
    const whole = copyData(head, ...payload);
    // Little enough goes out before a break that nobody can do with it.
    const fault = await this.#session.fault('wal', lsnText(this.#sent), whole.subarray(0, 2000));
    if (fault) {
      // Out of order: a message that begins one page later than it should.
      await this.#session.out.write(copyData(walDataHead(this.#sent + 8192n, end + 8192n), ...payload));
    } else {
      await this.#put(head, ...payload);
    }
    this.#sent = end;
  }

  async #watch(): Promise<void> {
    const { state, applicationName } = this.#session;
    const limit = (state.options.walSenderTimeoutMs ?? 6000) * (applicationName === 'gs_basebackup' ? 4 : 1);
    const silent = performance.now() - this.#lastHeardMs;
    if (silent > limit) {
      this.#session.note({ kind: 'silent-receiver', silentMs: silent });
      this.#end.abort();
      this.#session.destroy();
    } else if (silent > limit / 2 && !this.#requestOpen) {
      await this.#keepalive(true);
    }
  }

  async #listen(): Promise<void> {
    for (;;) {
      const heard = await this.#session.reader.message();
      this.#lastHeardMs = performance.now();
      if (!heard || heard.type === 'X' || heard.type === 'c') {
        this.#session.note({ kind: 'receiver-ended', how: heard?.type ?? 'eof' });
        return;
      }
      if (heard.type !== 'd') {
        this.#session.state.violations.push(`message '${heard.type}' while streaming`);
        return;
      }
      const kind = String.fromCharCode(heard.body[0] ?? 0);
      if (kind === 'h') continue;
      if (kind !== 'r' || heard.body.length !== 65) {
        this.#session.state.violations.push(`'${kind}' of ${heard.body.length} bytes while streaming`);
        return;
      }
      await this.#reply(parseReply(heard.body));
    }
  }

  async #reply(reply: StandbyReply): Promise<void> {
    const { state } = this.#session;
    this.#requestOpen = false;
    this.#session.note({ kind: 'reply', ...reply });
    const names = state.options.settings?.['synchronous_standby_names'] ?? '*';
    if (reply.flush > 0n && names !== '') this.#session.note({ kind: 'sync-standby', flush: reply.flush });
    // An exact segment boundary never moves a slot.
    if (this.#slot && reply.flush % BigInt(state.wal.segmentBytes) !== 0n) this.#slot.restartLsn = reply.flush;
    if (reply.replyRequested) await this.#keepalive(false);
  }
}

/** START_REPLICATION: the session ends with it. */
export async function streamWal(session: Session, slotName: string | undefined, start: bigint): Promise<void> {
  const { state } = session;
  if (session.walSender === 'database') {
    state.violations.push('physical START_REPLICATION on a database session');
    session.destroy();
    return;
  }
  const slot = slotName === undefined ? undefined : state.slots.get(slotName);
  if (slotName !== undefined && !slot) await session.fail(noSuchSlot(slotName));
  session.phase = 'streaming';
  await session.out.write(copyBothResponse());
  if (slot) slot.active += 1;
  const sender = new WalSender(session, start, slot);
  const configure = (text: string): void => void sender.sendConfigFile(text).catch(() => undefined);
  state.reloaded.on('configuration', configure);
  try {
    await sender.run();
  } finally {
    state.reloaded.off('configuration', configure);
    if (slot) slot.active -= 1;
  }
}
