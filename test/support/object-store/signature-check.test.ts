import { expect, it } from 'vitest';
import { checkSignature, type RawRequest, type S3Account } from './signature-check.ts';

/** The keys of the examples in AWS's documentation, "Signature Calculations for the Authorization Header". */
const account: S3Account = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const settings = {
  accounts: new Map([[account.accessKeyId, account]]),
  region: 'us-east-1',
  nowMs: Date.UTC(2013, 4, 24),
};
const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function example(
  method: string,
  target: string,
  signed: Record<string, string>,
  signature: string,
  body = '',
): RawRequest {
  const headers = {
    host: 'examplebucket.s3.amazonaws.com',
    'x-amz-content-sha256': emptyHash,
    'x-amz-date': '20130524T000000Z',
    ...signed,
  };
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const authorization = [
    `AWS4-HMAC-SHA256 Credential=${account.accessKeyId}/20130524/us-east-1/s3/aws4_request`,
    `SignedHeaders=${names.sort().join(';')}`,
    `Signature=${signature}`,
  ].join(',');
  const rawHeaders = Object.entries({ ...headers, Authorization: authorization }).flat();
  return { method, target, rawHeaders, body: Buffer.from(body), encrypted: false };
}

const examples = {
  'GET Object': example(
    'GET',
    '/test.txt',
    { Range: 'bytes=0-9' },
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  ),
  'PUT Object': example(
    'PUT',
    '/test$file.text',
    {
      Date: 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
    },
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    'Welcome to Amazon S3.',
  ),
  'GET Bucket Lifecycle': example(
    'GET',
    '/?lifecycle',
    {},
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  ),
  'GET Bucket (List Objects)': example(
    'GET',
    '/?max-keys=2&prefix=J',
    {},
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  ),
};

it.each(Object.entries(examples))("finds the signature of AWS's own example good: %s", (_, request) => {
  expect(checkSignature(request, settings)).toBe(account);
});

const put = examples['PUT Object'];
const refused: [string, RawRequest, string, Partial<typeof settings>?][] = [
  ['another body', { ...put, body: Buffer.from('Welcome to Amazon S4.') }, 'XAmzContentSHA256Mismatch'],
  ['another path', { ...put, target: '/test%25file.text' }, 'SignatureDoesNotMatch'],
  ['another query', { ...put, target: '/test$file.text?acl' }, 'SignatureDoesNotMatch'],
  ['another method', { ...put, method: 'POST' }, 'SignatureDoesNotMatch'],
  ['a header that is not signed', { ...put, rawHeaders: [...put.rawHeaders, 'x-amz-acl', 'x'] }, 'AccessDenied'],
  ['no signature', { ...put, rawHeaders: put.rawHeaders.slice(0, -2) }, 'AccessDenied'],
  ['another region', put, 'AuthorizationHeaderMalformed', { region: 'eu-west-1' }],
  ['a clock that is 16 minutes off', put, 'RequestTimeTooSkewed', { nowMs: settings.nowMs + 16 * 60_000 }],
  ['an unknown key', put, 'InvalidAccessKeyId', { accounts: new Map() }],
  ['another secret', put, 'SignatureDoesNotMatch', withAccount({ secretAccessKey: 'other' })],
  ['no session token', put, 'InvalidToken', withAccount({ sessionToken: 'token' })],
];

function withAccount(changed: Partial<S3Account>): Partial<typeof settings> {
  return { accounts: new Map([[account.accessKeyId, { ...account, ...changed }]]) };
}

it.each(refused)('refuses %s', (_, request, code, changed) => {
  expect(() => checkSignature(request, { ...settings, ...changed })).toThrow(expect.objectContaining({ code }));
});
