import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { errorResponse } from '../scripted/messages.ts';
import { FrontendReader, queryText } from '../scripted/frontend-reader.ts';
import { Output, SessionOver, type Chunking } from './output.ts';
import {
  connectionCount,
  fixtureRoot,
  readConnection,
  type RecordedConnection,
  type WireMessage,
} from './recordings.ts';
import { fatal } from './refusals.ts';

/** A recorded connection cut into what a client waits for. */
interface Script {
  readonly recorded: RecordedConnection;
  /** Up to the password request, or the whole login when none was asked for. */
  readonly greeting: readonly WireMessage[];
  readonly password: WireMessage | undefined;
  /** After the password. */
  readonly admission: readonly WireMessage[];
  readonly answers: readonly Answer[];
}

interface Answer {
  readonly query: string;
  readonly messages: readonly WireMessage[];
  /** Bytes of a message that was broken off. */
  readonly tail: Buffer;
  /** Whether the connection ends after it. */
  readonly last: boolean;
}

export interface ReplayServer {
  readonly sqlPort: number;
  readonly haPort: number;
  /** Where the client did something else than the recorded one; a test expects none. */
  readonly mismatches: readonly string[];
  /** Every command, with the number of its connection. */
  readonly commands: readonly { readonly connection: number; readonly text: string }[];
  /** What the client sent while WAL was streamed, `r` messages first to last. */
  readonly replies: readonly Buffer[];
  stop(): Promise<void>;
}

function scriptOf(recorded: RecordedConnection): Script {
  if (recorded.tlsAnswer === 'S') throw new Error('a recorded TLS session cannot be replayed');
  const { received } = recorded;
  const ready = received.findIndex((item) => item.type === 'Z');
  const loginEnd = ready < 0 ? received.length : ready + 1;
  const request = received.findIndex((item) => item.type === 'R' && item.body.readInt32BE(0) !== 0);
  const greetingEnd = request < 0 ? loginEnd : request + 1;
  const queries = recorded.sent.filter((item) => item.type === 'Q');
  let at = loginEnd;
  const answers = queries.map((query, index): Answer => {
    const next = received.findIndex((item, position) => position >= at && item.type === 'Z');
    const last = next < 0 || index === queries.length - 1;
    const end = last ? received.length : next + 1;
    const messages = received.slice(at, end);
    at = end;
    const open = messages.at(-1)?.type !== 'Z';
    return { query: queryText(query.body), messages, tail: last ? recorded.tail : Buffer.alloc(0), last: last && open };
  });
  return {
    recorded,
    greeting: received.slice(0, greetingEnd),
    password: recorded.sent.find((item) => item.type === 'p'),
    admission: received.slice(greetingEnd, loginEnd),
    answers,
  };
}

/** Commands are alike when they ask for the same: case, spacing, a semicolon and the order of options do not count. */
export function sameCommand(text: string): string {
  const words =
    text
      .trim()
      .replace(/;$/, '')
      .match(/'(?:[^']|'')*'|"[^"]*"|[^\s'"]+/g) ?? [];
  const plain = words.map((word) => (/^['"]/.test(word) ? word : word.toUpperCase()));
  if (plain[0] !== 'BASE_BACKUP') return plain.filter((word) => word !== 'PHYSICAL').join(' ');
  const options: string[] = [];
  for (let at = 1; at < plain.length; at += 1) {
    if (plain[at] === 'LABEL') options.push(`LABEL ${plain[(at += 1)] ?? ''}`);
    else options.push(plain[at]!);
  }
  return ['BASE_BACKUP', ...options.sort()].join(' ');
}

/** Answers of the same server to commands that the recorded client did not send. */
function answerFromElsewhere(command: string): readonly WireMessage[] | undefined {
  const names: Readonly<Record<string, string>> = {
    IDENTIFY_VERSION: 'identify_version',
    IDENTIFY_MODE: 'identify_mode',
    IDENTIFY_MAXLSN: 'identify_maxlsn',
    IDENTIFY_AZ: 'identify_az',
  };
  const name = names[command];
  if (name === undefined) return undefined;
  return scriptOf(readConnection(join(fixtureRoot, 'commands', name), 1)).answers[0]?.messages;
}

class ReplaySession {
  readonly #replay: Replay;
  readonly #socket: Socket;
  readonly #reader: FrontendReader;
  readonly #out: Output;
  readonly #number: number;
  readonly #script: Script;

  constructor(replay: Replay, socket: Socket, number: number) {
    this.#replay = replay;
    this.#socket = socket;
    this.#number = number;
    this.#reader = new FrontendReader(socket);
    this.#out = new Output(socket, replay.chunking);
    // Later connections than recorded repeat the last login.
    this.#script = replay.scripts[Math.min(number, replay.scripts.length) - 1]!;
  }

  #differs(what: string, got: string, recorded: string): void {
    if (got === recorded) return;
    this.#replay.mismatches.push(`connection ${this.#number}: ${what} ${got}, recorded ${recorded}`);
  }

  async #write(messages: readonly WireMessage[], tail: Buffer = Buffer.alloc(0)): Promise<void> {
    for (const item of messages) await this.#out.write(item.bytes);
    if (tail.length > 0) await this.#out.write(tail);
  }

  async #login(): Promise<'in' | 'refused'> {
    let packet = await this.#reader.firstPacket();
    while (packet && packet.kind !== 'startup') {
      await this.#out.write(Buffer.from('N'));
      packet = await this.#reader.firstPacket();
    }
    if (!packet) return 'refused';
    const { recorded, greeting, password, admission } = this.#script;
    this.#differs(
      'protocol',
      `${packet.major}.${packet.minor}`,
      `${recorded.protocol.major}.${recorded.protocol.minor}`,
    );
    for (const name of ['user', 'replication', 'application_name']) {
      this.#differs(name, packet.parameters.get(name) ?? '', recorded.parameters.get(name) ?? '');
    }
    await this.#write(greeting);
    if (password) {
      const answer = await this.#reader.message();
      if (!answer) return 'refused';
      this.#differs('password answer', answer.body.toString('latin1'), password.body.toString('latin1'));
      await this.#write(admission);
    }
    return (password ? admission : greeting).at(-1)?.type === 'Z' ? 'in' : 'refused';
  }

  async #command(text: string): Promise<'go on' | 'over'> {
    this.#replay.commands.push({ connection: this.#number, text });
    const wanted = sameCommand(text);
    const own = this.#script.answers.find((answer) => sameCommand(answer.query) === wanted);
    const found =
      own ??
      this.#replay.scripts.flatMap((script) => script.answers).find((answer) => sameCommand(answer.query) === wanted);
    if (found) {
      await this.#write(found.messages, found.tail);
      if (found.last && found.messages[0]?.type === 'W') await this.#receiver();
      return found.last ? 'over' : 'go on';
    }
    const elsewhere = answerFromElsewhere(wanted);
    if (elsewhere) {
      await this.#write(elsewhere);
      return 'go on';
    }
    // The recorded server is a lite build: it has no MOT and ends the session there.
    const mot = wanted === 'FETCH_MOT_CHECKPOINT';
    if (!mot) this.#replay.mismatches.push(`connection ${this.#number}: ${text} is not in the recording`);
    await this.#out.write(errorResponse(fatal('08P01', `invalid standby query string: ${text}`)));
    return 'over';
  }

  /** A recorded stream of WAL stays open until the client ends it, as it was. */
  async #receiver(): Promise<void> {
    for (;;) {
      const heard = await this.#reader.message();
      if (heard?.type !== 'd') return;
      this.#replay.replies.push(heard.body);
    }
  }

  async run(): Promise<void> {
    try {
      if ((await this.#login()) === 'refused') return;
      for (;;) {
        const heard = await this.#reader.message();
        if (!heard || heard.type === 'X') return;
        if (heard.type !== 'Q') {
          this.#replay.mismatches.push(`connection ${this.#number}: message '${heard.type}'`);
          return;
        }
        if ((await this.#command(queryText(heard.body))) === 'over') return;
      }
    } catch (error) {
      if (!(error instanceof SessionOver)) this.#replay.mismatches.push(String(error));
    } finally {
      this.#socket.end();
    }
  }
}

interface Replay {
  readonly scripts: readonly Script[];
  readonly chunking: Chunking | undefined;
  readonly mismatches: string[];
  readonly commands: { connection: number; text: string }[];
  readonly replies: Buffer[];
}

/**
 * Serves a recorded session to a real client: each answer is the bytes that the live server sent. The client must log in
 * as the recorded one did (with the recorded password its answer to the recorded challenge is the recorded answer) and
 * send the same commands; more connections than recorded get the last one's login.
 */
export async function replayRecording(
  directory: string,
  options: { readonly chunking?: Chunking } = {},
): Promise<ReplayServer> {
  const count = connectionCount(directory);
  const scripts = Array.from({ length: count }, (_, index) => scriptOf(readConnection(directory, index + 1)));
  const replay: Replay = { scripts, chunking: options.chunking, mismatches: [], commands: [], replies: [] };
  const sockets = new Set<Socket>();
  let accepted = 0;
  const accept = (socket: Socket): void => {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    accepted += 1;
    void new ReplaySession(replay, socket, accepted).run();
  };
  const servers = [createServer({ allowHalfOpen: true }, accept), createServer({ allowHalfOpen: true }, accept)];
  const listen = async (server: Server): Promise<number> => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  const [sqlPort, haPort] = [await listen(servers[0]!), await listen(servers[1]!)];
  return {
    sqlPort,
    haPort,
    mismatches: replay.mismatches,
    commands: replay.commands,
    replies: replay.replies,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}
