import { createHash, createHmac } from 'node:crypto';
import { request, type IncomingHttpHeaders } from 'node:http';
import { testAccount } from './s3-server.ts';
import type { S3Account } from './signature-check.ts';

/**
 * The headers of a signed request, for tests that ask a store themselves.
 * @param request `target`: path and query, encoded as S3 wants it, parameters sorted; `host` with its port
 */
export function signedHeaders(
  request: { readonly method: string; readonly target: string; readonly body: Buffer; readonly host: string },
  {
    account = testAccount,
    region = 'us-east-1',
    headers = {},
  }: {
    readonly account?: S3Account;
    readonly region?: string;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Record<string, string> {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const hash = createHash('sha256').update(request.body).digest('hex');
  const all: Record<string, string> = {
    ...headers,
    host: request.host,
    'x-amz-content-sha256': hash,
    'x-amz-date': date,
  };
  const names = Object.keys(all).sort();
  const [path, query = ''] = request.target.split('?');
  const parameters = query === '' ? [] : query.split('&').map((part) => (part.includes('=') ? part : `${part}=`));
  const canonical = [
    request.method,
    path,
    parameters.sort().join('&'),
    ...names.map((name) => `${name}:${all[name]!}`),
    '',
    names.join(';'),
    hash,
  ];
  const scope = [date.slice(0, 8), region, 's3', 'aws4_request'];
  const key = scope.reduce<Buffer>(
    (secret, word) => createHmac('sha256', secret).update(word).digest(),
    Buffer.from(`AWS4${account.secretAccessKey}`),
  );
  const toSign = [
    'AWS4-HMAC-SHA256',
    date,
    scope.join('/'),
    createHash('sha256').update(canonical.join('\n')).digest('hex'),
  ];
  const signature = createHmac('sha256', key).update(toSign.join('\n')).digest('hex');
  const credential = `${account.accessKeyId}/${scope.join('/')}`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...all, authorization, 'content-length': String(request.body.length) };
}

export interface StoreAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Asks a store on plain http one thing, on a connection of its own. Rejects when the connection ends before the answer does.
 * @param target path and query, as {@link signedHeaders} wants them
 */
export function askStore(
  endpoint: string,
  method: string,
  target: string,
  { body = '', ...more }: { readonly body?: string | Buffer } & Parameters<typeof signedHeaders>[1] = {},
): Promise<StoreAnswer> {
  const { hostname, port, host } = new URL(endpoint);
  const bytes = Buffer.from(body);
  const headers = signedHeaders({ method, target, body: bytes, host }, more);
  return new Promise((resolve, reject) => {
    const sent = request({ host: hostname, port, method, path: target, headers, agent: false });
    sent.once('error', reject);
    sent.once('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('error', reject);
      response.once('end', () => {
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(pieces) });
      });
    });
    sent.end(bytes);
  });
}
