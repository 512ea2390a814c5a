/** The operations of S3 that the stores of the tests know, by the names of AWS. */
export type S3Operation =
  | 'ListBuckets'
  | 'HeadBucket'
  | 'CreateBucket'
  | 'GetBucketLocation'
  | 'GetBucketVersioning'
  | 'GetObjectLockConfiguration'
  | 'PutObjectLockConfiguration'
  | 'ListObjectsV2'
  | 'ListObjectVersions'
  | 'ListMultipartUploads'
  | 'DeleteObjects'
  | 'PutObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'GetObjectRetention'
  | 'PutObjectRetention'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'ListParts'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'unknown';

/** Where a request points to. `key` is undefined where it is about the bucket. */
export interface S3Target {
  readonly bucket: string | undefined;
  readonly key: string | undefined;
}

/**
 * @param target what stands before `?`, as sent
 * @param bucketInHost the bucket of a virtual-host request; undefined: it is the first part of the path
 */
export function targetOf(target: string, bucketInHost?: string): S3Target {
  const path = target.split('?', 1)[0]!.slice(1);
  if (bucketInHost !== undefined) return { bucket: bucketInHost, key: decoded(path) };
  const slash = path.indexOf('/');
  return {
    bucket: decoded(slash === -1 ? path : path.slice(0, slash)),
    key: slash === -1 ? undefined : decoded(path.slice(slash + 1)),
  };
}

const decoded = (text: string): string | undefined => (text === '' ? undefined : decodeURIComponent(text));

/** The query as sent, parameters decoded; a parameter without a value has ''. */
export function queryOf(target: string): ReadonlyMap<string, string> {
  const at = target.indexOf('?');
  if (at === -1) return new Map();
  const parts = target
    .slice(at + 1)
    .split('&')
    .filter((part) => part !== '');
  return new Map(
    parts.map((part) => {
      const [name, ...value] = part.split('=');
      return [decodeURIComponent(name!), decodeURIComponent(value.join('=').replaceAll('+', ' '))];
    }),
  );
}

/** What a request asks for, by method, place and query: the same for the in-process server and a proxy in front of another. */
export function operationOf(
  method: string,
  { bucket, key }: S3Target,
  query: ReadonlyMap<string, string>,
): S3Operation {
  if (bucket === undefined) return method === 'GET' ? 'ListBuckets' : 'unknown';
  return (key === undefined ? bucketOperation(method, query) : objectOperation(method, query)) ?? 'unknown';
}

function bucketOperation(method: string, query: ReadonlyMap<string, string>): S3Operation | undefined {
  const byQuery: Readonly<Record<string, S3Operation>> = {
    'GET location': 'GetBucketLocation',
    'GET versioning': 'GetBucketVersioning',
    'GET object-lock': 'GetObjectLockConfiguration',
    'PUT object-lock': 'PutObjectLockConfiguration',
    'GET versions': 'ListObjectVersions',
    'GET uploads': 'ListMultipartUploads',
    'GET list-type': 'ListObjectsV2',
    'POST delete': 'DeleteObjects',
  };
  for (const name of query.keys()) {
    const operation = byQuery[`${method} ${name}`];
    if (operation !== undefined) return operation;
  }
  if (method === 'HEAD') return 'HeadBucket';
  return method === 'PUT' && query.size === 0 ? 'CreateBucket' : undefined;
}

function objectOperation(method: string, query: ReadonlyMap<string, string>): S3Operation | undefined {
  if (query.has('retention')) return method === 'PUT' ? 'PutObjectRetention' : 'GetObjectRetention';
  if (query.has('uploads')) return method === 'POST' ? 'CreateMultipartUpload' : undefined;
  const ofUpload: Readonly<Record<string, S3Operation>> = {
    PUT: 'UploadPart',
    GET: 'ListParts',
    POST: 'CompleteMultipartUpload',
    DELETE: 'AbortMultipartUpload',
  };
  if (query.has('uploadId')) return ofUpload[method];
  const ofObject: Readonly<Record<string, S3Operation>> = {
    PUT: 'PutObject',
    GET: 'GetObject',
    HEAD: 'HeadObject',
    DELETE: 'DeleteObject',
  };
  return ofObject[method];
}
