import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { copyData, errorResponse, message, noticeResponse, readyForQuery, type Fields } from '../scripted/messages.ts';
import { FrontendReader } from '../scripted/frontend-reader.ts';
import { fatal } from './refusals.ts';
import { Output, SessionOver } from './output.ts';
import type { Fault, FaultPoint } from './faults.ts';
import type { ServerState } from './state.ts';

/** One accepted connection: how it reads, writes, fails and what is noted of it. */
export class Session {
  readonly state: ServerState;
  readonly number: number;
  readonly port: 'sql' | 'ha';
  readonly #socket: Socket;
  stream: Duplex;
  reader: FrontendReader;
  out: Output;
  tls = false;
  /** What the startup packet and the login settled. */
  user = '';
  database = '';
  applicationName = '';
  minor = 0;
  walSender: 'no' | 'physical' | 'database' = 'no';
  sysadmin = false;
  replication = false;
  /** Set while it runs something that a fast shutdown ends in its own way. */
  phase: 'login' | 'idle' | 'backup' | 'streaming' = 'login';

  constructor(state: ServerState, socket: Socket, number: number, port: 'sql' | 'ha') {
    this.state = state;
    this.number = number;
    this.port = port;
    this.#socket = socket;
    this.stream = socket;
    this.reader = new FrontendReader(socket);
    this.out = new Output(socket, state.options.chunking);
  }

  note(event: Record<string, unknown> & { readonly kind: string }): void {
    this.state.note({ connection: this.number, port: this.port, ...event });
  }

  /** Answers `S` and goes on inside TLS. */
  async startTls(): Promise<void> {
    const settings = this.state.options.tls;
    if (!settings) throw new Error('no TLS certificate');
    const early = this.reader.release();
    if (early.length > 0) throw new SessionOver('received unencrypted data after SSL request');
    const upgraded = new TLSSocket(this.#socket, { isServer: true, key: settings.key, cert: settings.cert });
    this.#socket.write('S');
    upgraded.on('error', () => undefined);
    this.stream = upgraded;
    this.reader = new FrontendReader(upgraded);
    this.out = new Output(upgraded, this.state.options.chunking);
    this.tls = true;
    await Promise.resolve();
  }

  async notice(fields: Fields): Promise<void> {
    await this.out.write(noticeResponse(fields));
  }

  /** ErrorResponse and the end of the connection, without ReadyForQuery. */
  async fail(fields: Fields): Promise<never> {
    this.note({ kind: 'refused', code: fields['C'], text: fields['M'] });
    await this.out.write(errorResponse(fields));
    this.hangUp();
    throw new SessionOver(fields['M']);
  }

  /** The one refusal that is an ERROR with a ReadyForQuery behind it, before any login. */
  async failWithReady(fields: Fields): Promise<never> {
    this.note({ kind: 'refused', code: fields['C'], text: fields['M'] });
    await this.out.write(errorResponse(fields), readyForQuery());
    this.hangUp();
    throw new SessionOver(fields['M']);
  }

  hangUp(): void {
    this.stream.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.stream.destroy();
    this.#socket.destroy();
  }

  /**
   * Lets a scripted fault strike here.
   * @param half what is being sent: half of it goes out before a close, reset or stall
   * @returns the fault when the caller has to bring it about itself (`wrong-order`)
   */
  async fault(at: FaultPoint, name?: string, half?: Uint8Array): Promise<Fault | undefined> {
    const fault = this.state.faults.take({ at, connection: this.number, name });
    if (!fault) return undefined;
    this.note({ kind: 'fault', at, action: fault.action, name });
    const breaks = fault.action === 'close' || fault.action === 'reset' || fault.action === 'stall';
    if (breaks && half) await this.out.write(half.subarray(0, Math.max(1, half.length >> 1)));
    switch (fault.action) {
      case 'close':
        this.hangUp();
        throw new SessionOver('scripted close');
      case 'reset':
        this.reset();
        throw new SessionOver('scripted reset');
      case 'stall':
        this.out.stall(this.state.stopped());
        await this.state.stopped();
        throw new SessionOver('scripted stall');
      case 'error':
        return this.fail(fault.error ?? fatal('57P01', 'terminating connection due to administrator command'));
      case 'one-byte':
        this.out.cut({ size: 1, forBytes: 1 << 16 });
        return undefined;
      case 'pause':
        await Promise.race([setTimeout(fault.pauseMs ?? 0, undefined, { ref: false }), this.state.stopped()]);
        return undefined;
      case 'wrong-order':
        return fault;
    }
  }

  /** One CopyData message, with the fault of its place. */
  async sendCopyData(bytes: Uint8Array, at?: FaultPoint, name?: string): Promise<void> {
    const whole = copyData(bytes);
    const fault = at && (await this.fault(at, name, whole));
    if (fault?.action === 'wrong-order') await this.out.write(message('Z', Buffer.from('I')));
    await this.out.write(whole);
  }
}
