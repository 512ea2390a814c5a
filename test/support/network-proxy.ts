import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What happens to the bytes of one direction. Positions count from the connection's first byte in that direction. */
export type Treatment =
  | { readonly kind: 'pass' }
  /**
   * Delivers so many bytes, then resets both connections. Node reports a reset right after data as an error or as a
   * plain end (libuv takes the hang-up for one), so expect either.
   */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Delivers so many bytes, then nothing more, and keeps both connections open: a network that went away. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** Delivers so many bytes, then nothing until `release`: what happens meanwhile happens in the middle. */
  | { readonly kind: 'hold'; readonly afterBytes: number }
  /** Delivers everything, but once this text has passed nothing comes back any more on that connection: a command without an answer. */
  | { readonly kind: 'mute-after'; readonly text: string }
  /** Delivers so many bytes, then ends this direction only. */
  | { readonly kind: 'half-close'; readonly afterBytes: number }
  /** Delivers everything, with each text in place of another of the same length where one packet has it whole. */
  | { readonly kind: 'replace'; readonly from: string; readonly to: string }
  /** Delivers pieces of this size, each in a packet of its own; the first `forBytes` of them, all unless given. */
  | { readonly kind: 'pieces'; readonly bytes: number; readonly forBytes?: number }
  /** A packet ends so many bytes behind the beginning of each message of a server (PostgreSQL's protocol 3, without TLS). */
  | { readonly kind: 'frames'; readonly behind: number }
  /** Holds the rate below so many bytes a second, by pausing after each piece; for the first `forBytes`, all unless given. */
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number; readonly forBytes?: number };

export interface ProxyOptions {
  readonly fromServer?: Treatment;
  readonly fromClient?: Treatment;
  /** Which connections are treated, counted from 1; all unless given. The others pass. */
  readonly connections?: readonly number[];
}

/** A proxy on the loopback in front of one server. */
export interface NetworkProxy {
  readonly host: string;
  readonly port: number;
  /** How many connections came so far. */
  readonly connections: number;
  /** Resolves as soon as a treatment took hold: the cut, the stall, the hold or the half-close happened. */
  readonly struck: Promise<void>;
  /** Lets go what is held, and holds nothing more. */
  release(): void;
  /** Lets nothing through any more on the connections that are open, which stay open. */
  stallNow(): void;
  /** Resets all connections that are open. */
  cutNow(): void;
  close(): Promise<void>;
}

interface Lane {
  stalled: boolean;
}

export async function startProxy(
  target: { host: string; port: number },
  options: ProxyOptions = {},
): Promise<NetworkProxy> {
  let strike: () => void = () => undefined;
  const struck = new Promise<void>((resolve) => (strike = resolve));
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const sockets = new Set<Socket>();
  const lanes = new Set<Lane>();
  let connections = 0;
  const server: Server = createServer({ allowHalfOpen: true }, (client) => {
    connections += 1;
    const treated = options.connections?.includes(connections) ?? true;
    const upstream = connect({ host: target.host, port: target.port, allowHalfOpen: true });
    const reset = (): void => {
      resetSocket(client);
      resetSocket(upstream);
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', reset);
      socket.once('close', () => sockets.delete(socket));
    }
    const pass: Treatment = { kind: 'pass' };
    const answers = { stalled: false };
    const requests = { stalled: false };
    for (const [from, to, treatment, lane] of [
      [upstream, client, options.fromServer, answers],
      [client, upstream, options.fromClient, requests],
    ] as const) {
      lanes.add(lane);
      void forward(from, to, treated ? (treatment ?? pass) : pass, { lane, answers, reset, strike, released });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    struck,
    release,
    stallNow() {
      for (const lane of lanes) lane.stalled = true;
    },
    cutNow() {
      for (const socket of sockets) resetSocket(socket);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Node cannot reset a socket whose writing side has ended, and then leaves it open. */
function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

interface Path {
  readonly lane: Lane;
  /** What comes back on the same connection. */
  readonly answers: Lane;
  reset(): void;
  strike(): void;
  readonly released: Promise<void>;
}

/** Copies one direction, piece by piece, as its treatment says. Ends quietly: errors are for the sockets' listeners. */
async function forward(from: Socket, to: Socket, treatment: Treatment, path: Path): Promise<void> {
  let limit = 'afterBytes' in treatment ? treatment.afterBytes : Number.POSITIVE_INFINITY;
  let delivered = 0;
  const frames = new FrameStarts();
  try {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      if (path.lane.stalled) return await never();
      if (treatment.kind === 'mute-after' && chunk.includes(treatment.text)) {
        path.answers.stalled = true;
        path.strike();
      }
      if (treatment.kind === 'replace') replaceIn(chunk, treatment);
      const allowed = chunk.subarray(0, Math.max(0, limit - delivered));
      const parts =
        treatment.kind === 'frames' ? frames.cut(allowed, treatment.behind) : pieces(allowed, treatment, delivered);
      for (const piece of parts) await write(to, piece, delivered < treatedBytes(treatment) ? treatment : undefined);
      delivered += allowed.length;
      if (delivered < limit) continue;
      path.strike();
      if (treatment.kind === 'stall') return await never();
      if (treatment.kind === 'hold') {
        await path.released;
        await write(to, chunk.subarray(allowed.length), treatment);
        limit = Number.POSITIVE_INFINITY;
        continue;
      }
      if (treatment.kind === 'cut') path.reset();
      else to.end();
      return;
    }
    to.end();
  } catch {
    path.reset();
  }
}

function replaceIn(chunk: Buffer, { from, to }: Extract<Treatment, { kind: 'replace' }>): void {
  for (let at = chunk.indexOf(from); at !== -1; at = chunk.indexOf(from, at + 1)) chunk.write(to, at);
}

/** Cuts what a server sends behind so many bytes of each message: a byte of kind, then a length that counts itself. */
export class FrameStarts {
  #head = Buffer.alloc(0);
  /** Bytes of the message that are still to come. */
  #left = 0;
  /** Cuts that lie behind what came, counted from there. */
  #cuts: number[] = [];

  *cut(chunk: Buffer, behind: number): Generator<Buffer> {
    for (let at = 0; at < chunk.length;) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at);
        this.#left -= step;
        at += step;
        continue;
      }
      if (this.#head.length === 0) this.#cuts.push(at + behind);
      const part = chunk.subarray(at, at + 5 - this.#head.length);
      this.#head = Buffer.concat([this.#head, part]);
      at += part.length;
      if (this.#head.length < 5) break;
      this.#left = this.#head.readUInt32BE(1) - 4;
      this.#head = Buffer.alloc(0);
    }
    let from = 0;
    for (const cut of this.#cuts.filter((one) => one > 0 && one < chunk.length)) {
      yield chunk.subarray(from, cut);
      from = cut;
    }
    yield chunk.subarray(from);
    this.#cuts = this.#cuts.filter((one) => one >= chunk.length).map((one) => one - chunk.length);
  }
}

function treatedBytes(treatment: Treatment): number {
  return 'forBytes' in treatment ? (treatment.forBytes ?? Infinity) : Infinity;
}

function* pieces(chunk: Buffer, treatment: Treatment, delivered: number): Generator<Buffer> {
  const treated = Math.max(0, Math.min(chunk.length, treatedBytes(treatment) - delivered));
  yield* piecesOf(chunk.subarray(0, treated), treatment);
  if (treated < chunk.length) yield chunk.subarray(treated);
}

function* piecesOf(chunk: Buffer, treatment: Treatment): Generator<Buffer> {
  const size =
    treatment.kind === 'pieces'
      ? treatment.bytes
      : treatment.kind === 'throttle'
        ? Math.max(1, Math.floor(treatment.bytesPerSecond / 20))
        : Math.max(1, chunk.length);
  for (let start = 0; start < chunk.length; start += size) yield chunk.subarray(start, start + size);
}

/** Resolves when the piece was handed to the system, so that the next one travels by itself. */
async function write(to: Socket, piece: Buffer, treatment: Treatment | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    to.write(piece, (error) => (error ? reject(error) : resolve()));
  });
  if (treatment?.kind !== 'throttle') return;
  await new Promise((resolve) => setTimeout(resolve, (piece.length / treatment.bytesPerSecond) * 1000));
}

/** Leaves the source unread from here on; the sockets are destroyed when the proxy is closed. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}
