import { createHash, createHmac } from 'node:crypto';
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
