import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Gate } from './gate.ts';
import { S3Error } from './s3-error.ts';
import { operationOf, queryOf, targetOf, type S3Operation } from './s3-operation.ts';

/** What happens to a request in place of being passed on and answered. */
export type Fault =
  /** This answer; `passOn`: the store has done the request before, and its own answer is lost. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly passOn?: boolean;
    }
  /** This answer before the body of the request was read, and the end of the connection behind it. */
  | { readonly kind: 'early-answer'; readonly status: number; readonly body?: string }
  /** The connection is reset: before the store sees the request, in the middle of its body, or in place of the answer. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'in-body' | 'after' }
  /** The answer's headers, so many bytes of its body, then the end of the connection. */
  | { readonly kind: 'short-body'; readonly bytes: number }
  /** The answer's body in pieces of so many bytes, with a pause before each. */
  | { readonly kind: 'drip'; readonly bytes: number; readonly everyMs: number }
  /** The answer's headers and so many bytes of its body, then nothing; -1: not even the headers. The store has done the request. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** Never passed on and never answered, until other rules begin: then the connection is reset. */
  | { readonly kind: 'hold' }
  /** Passed on after so many ms. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Waits at the gate: before the store sees it, or when the store has done it and is about to answer. Of a client that went away meanwhile nothing is passed on. */
  | { readonly kind: 'gate'; readonly when: 'before' | 'after'; readonly gate: Gate };

export interface FaultRule {
  readonly operation?: S3Operation;
  readonly method?: string;
  /** Only what changes the store: `PUT`, `POST`, `DELETE`. */
  readonly changes?: true;
  /** Of the key, decoded. */
  readonly key?: RegExp;
  /** Which of the requests that match, counted from 1; all unless given. */
  readonly nth?: number | readonly number[];
  readonly fault: Fault;
}

/** A request as it was seen, nothing secret in it. */
export interface SeenRequest {
  readonly operation: S3Operation;
  readonly method: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly query: ReadonlyMap<string, string>;
  /** By lower-case name, without `authorization` and the session token. */
  readonly headers: Readonly<Record<string, string>>;
  /** Which connection it came on, counted from 1. */
  readonly connection: number;
  readonly fault: Fault['kind'] | undefined;
  /** The status that the store answered; undefined where it was not asked or has not answered yet. */
  storeStatus: number | undefined;
}

/** An error as S3 words it, as an answer. */
export function errorAnswer(status: number, code: string, headers: Readonly<Record<string, string>> = {}): Fault {
  const body = new S3Error(status, code, `${code} on purpose`).xml('/', 'FAULT');
  return { kind: 'answer', status, headers: { 'content-type': 'application/xml', ...headers }, body };
}

/** 200 with an error in it, as S3 does where the work went on behind the headers. */
export function errorIn200(code: string, passOn = false): Fault {
  return { ...errorAnswer(500, code), status: 200, passOn } as Fault;
}

export const slowDown: Fault = errorAnswer(503, 'SlowDown');
export const serverError: Fault = errorAnswer(500, 'InternalError');
export const tooManyRequests: Fault = errorAnswer(429, 'TooManyRequests');
export const lostAnswer: Fault = { kind: 'reset', when: 'after' };
export const redirectTo = (location: string, status = 307): Fault =>
  errorAnswer(status, 'TemporaryRedirect', { location });

/**
 * A proxy in front of a store on plain http that does to requests what its rules say, and notes each one. What is signed
 * stays: the `Host` header goes on as it came.
 */
export class FaultScript {
  /** The first that applies is taken; can be changed while it runs. */
  rules: readonly FaultRule[] = [];
  /** Before each request is passed on. */
  latencyMs = 0;
  readonly requests: SeenRequest[] = [];
  readonly #server: Server;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #matches = new Map<FaultRule, number>();
  readonly #held = new Set<Socket>();
  readonly #connections = new Map<Socket, number>();
  #connectionCount = 0;

  private constructor(target: URL) {
    this.#target = { host: target.hostname, port: Number(target.port || 80) };
    this.#server = createServer((request, response) => {
      // A client that went away, or a store that was closed: nothing is left to answer.
      this.#serve(request, response).catch(() => request.socket.destroy());
    });
    this.#server.on('connection', (socket: Socket) => {
      this.#connections.set(socket, (this.#connectionCount += 1));
      socket.once('close', () => this.#connections.delete(socket));
      socket.on('error', () => undefined);
    });
  }

  /** @param endpoint of the store: `http://127.0.0.1:9000` */
  static async start(endpoint: string, rules: readonly FaultRule[] = []): Promise<FaultScript> {
    const script = new FaultScript(new URL(endpoint));
    script.rules = rules;
    await new Promise<void>((resolve) => script.#server.listen(0, '127.0.0.1', resolve));
    return script;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** How many requests came for these operations; all unless given. */
  count(...operations: readonly S3Operation[]): number {
    return this.requests.filter(({ operation }) => operations.length === 0 || operations.includes(operation)).length;
  }

  /** The operations in the order in which they came. */
  get operations(): S3Operation[] {
    return this.requests.map(({ operation }) => operation);
  }

  /** New rules, counted from the next request; what was seen is forgotten. */
  begin(...rules: readonly FaultRule[]): void {
    for (const socket of this.#held) socket.resetAndDestroy();
    this.#held.clear();
    this.rules = rules;
    this.#matches.clear();
    this.requests.length = 0;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method!;
    const target = targetOf(request.url!, bucketOf(request.headers.host));
    const query = queryOf(request.url!);
    const operation = operationOf(method, target, query);
    const fault = this.#faultFor({ method, operation, key: target.key ?? '' });
    const seen: SeenRequest = {
      ...{ operation, method, ...target, query, headers: withoutSecrets(request) },
      ...{ connection: this.#connections.get(request.socket)!, fault: fault?.kind, storeStatus: undefined },
    };
    this.requests.push(seen);
    if (this.latencyMs > 0) await pause(this.latencyMs);
    if (fault === undefined) return this.#pass(request, response, seen);
    await this.#perform(fault, { request, response, seen });
  }

  #faultFor(request: { readonly method: string; readonly operation: S3Operation; readonly key: string }) {
    for (const rule of this.rules) {
      if (rule.operation !== undefined && rule.operation !== request.operation) continue;
      if (rule.method !== undefined && rule.method !== request.method) continue;
      if (rule.changes === true && ['GET', 'HEAD'].includes(request.method)) continue;
      if (rule.key?.test(request.key) === false) continue;
      const count = (this.#matches.get(rule) ?? 0) + 1;
      this.#matches.set(rule, count);
      if (rule.nth === undefined || [rule.nth].flat().includes(count)) return rule.fault;
    }
    return undefined;
  }

  async #perform(
    fault: Fault,
    exchange: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly seen: SeenRequest },
  ): Promise<void> {
    const { request, response, seen } = exchange;
    switch (fault.kind) {
      case 'delay':
        await pause(fault.ms);
        return this.#pass(request, response, seen);
      case 'hold':
        this.#held.add(request.socket);
        return;
      case 'gate':
        return this.#waitAtGate(fault, exchange);
      case 'answer':
        if (fault.passOn === true) await wholeBody(await this.#ask(request, seen));
        else await wholeBody(request);
        answer(request, response, fault);
        return;
      case 'early-answer':
        response.setHeader('connection', 'close');
        answer(request, response, fault);
        response.once('finish', () => request.socket.destroySoon());
        return;
      case 'reset':
        if (fault.when === 'in-body') await firstPiece(request);
        if (fault.when === 'after') await wholeBody(await this.#ask(request, seen));
        request.socket.resetAndDestroy();
        return;
      case 'short-body':
      case 'drip':
      case 'stall':
        return distort(fault, await this.#ask(request, seen), response);
    }
  }

  async #waitAtGate(
    { when, gate }: Extract<Fault, { readonly kind: 'gate' }>,
    {
      request,
      response,
      seen,
    }: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly seen: SeenRequest },
  ): Promise<void> {
    if (when === 'before') {
      await gate.wait();
      if (request.socket.destroyed) return;
      return this.#pass(request, response, seen);
    }
    const given = await this.#ask(request, seen);
    const body = await wholeBody(given);
    await gate.wait();
    response.sendDate = false;
    response.writeHead(given.statusCode!, given.rawHeaders);
    response.end(body);
  }

  async #pass(request: IncomingMessage, response: ServerResponse, seen: SeenRequest): Promise<void> {
    const given = await this.#ask(request, seen);
    response.sendDate = false;
    response.writeHead(given.statusCode!, given.rawHeaders);
    // `pipe` alone would leave the client waiting for what a broken store does not send.
    given.once('error', () => request.socket.resetAndDestroy());
    given.pipe(response);
  }

  /** Passes the request on. @returns the store's answer */
  #ask(request: IncomingMessage, seen: SeenRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const options = { ...this.#target, method: request.method, path: request.url, agent: false };
      const passed = forward({ ...options, headers: withConnectionClosed(request.rawHeaders), setHost: false });
      passed.once('error', reject);
      passed.once('response', (given) => {
        seen.storeStatus = given.statusCode;
        resolve(given);
      });
      request.once('close', () => {
        if (!request.complete) passed.destroy();
      });
      request.pipe(passed);
    });
  }
}

/** The bucket of a virtual-host request; the test's virtual hosts are those behind `localhost`. */
function bucketOf(host: string | undefined): string | undefined {
  return /^(.+)\.localhost(?::\d+)?$/.exec(host ?? '')?.[1];
}

function withoutSecrets({ headers }: IncomingMessage): Record<string, string> {
  const secret = ['authorization', 'x-amz-security-token'];
  const kept = Object.entries(headers).filter(([name]) => !secret.includes(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

/** The way to the store has connections of its own, one for each request. */
function withConnectionClosed(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    if (!/^(connection|keep-alive)$/i.test(raw[index]!)) kept.push(raw[index]!, raw[index + 1]!);
  }
  return [...kept, 'connection', 'close'];
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  {
    status,
    headers = {},
    body = '',
  }: { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string },
): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function distort(
  fault: Extract<Fault, { readonly kind: 'short-body' | 'drip' | 'stall' }>,
  given: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await wholeBody(given);
  if (fault.kind === 'stall' && fault.afterBytes < 0) return;
  response.sendDate = false;
  response.writeHead(given.statusCode!, given.rawHeaders);
  response.flushHeaders();
  if (fault.kind === 'drip') {
    for (let at = 0; at < body.length; at += fault.bytes) {
      await pause(fault.everyMs);
      response.write(body.subarray(at, at + fault.bytes));
    }
    response.end();
    return;
  }
  const shown = body.subarray(0, fault.kind === 'stall' ? fault.afterBytes : fault.bytes);
  await new Promise<void>((resolve) => response.write(shown, () => resolve()));
  if (fault.kind === 'short-body') response.socket?.destroySoon();
}

async function wholeBody(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function firstPiece(request: IncomingMessage): Promise<void> {
  await new Promise<void>((resolve) => {
    request.once('data', () => resolve());
    request.once('end', () => resolve());
  });
}
