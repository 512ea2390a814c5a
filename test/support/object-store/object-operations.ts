import { randomBytes } from 'node:crypto';
import type { Retention, Version } from './bucket.ts';
import { md5 } from './bucket.ts';
import type { Answer, Exchange } from './exchange.ts';
import { accessDenied, noSuchKey, notImplemented, preconditionFailed, S3Error } from './s3-error.ts';
import { document, element, elementsOf, textElement, textOf } from './xml.ts';

export function putObject(exchange: Exchange): Answer {
  const { bucket, key, body, store } = exchange;
  checkNewObject(exchange);
  checkBody(exchange);
  checkWriteConditions(exchange, 'single');
  const etag = `"${(store.opaqueEtags ? randomBytes(16) : md5(body)).toString('hex')}"`;
  const version = bucket.store(key, { body, etag, ...attributesOf(exchange) });
  return { status: 200, headers: { etag, ...versionHeader(exchange, version) } };
}

/** Refuses what stores of old do not know: checksums of newer SDKs, bodies in chunks, copies. */
export function checkNewObject({ headers }: Exchange): void {
  for (const name of Object.keys(headers)) {
    const newer = /^x-amz-(checksum-|sdk-checksum|trailer$|decoded-content-length$|copy-source)/.test(name);
    if (newer) throw notImplemented(name);
  }
  if (headers['content-encoding']?.includes('aws-chunked') === true) throw notImplemented('Content-Encoding');
}

/** @throws S3Error for a body without a length, or of another MD5 */
export function checkBody({ headers, body, bucket }: Exchange): void {
  if (headers['content-length'] === undefined) {
    throw new S3Error(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  const given = headers['content-md5'];
  const locked = headers['x-amz-object-lock-mode'] !== undefined || bucket.defaultRetention !== undefined;
  if (given === undefined && locked) {
    const message =
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters';
    throw new S3Error(400, 'InvalidRequest', message);
  }
  checkMd5(given, body);
}

export function checkMd5(given: string | string[] | undefined, body: Buffer): void {
  if (given === undefined) return;
  const digest = Buffer.from(String(given), 'base64');
  if (digest.length !== 16) throw new S3Error(400, 'InvalidDigest', 'The Content-MD5 you specified is not valid.');
  if (!digest.equals(md5(body))) {
    throw new S3Error(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
}

/** @param of `multipart`: the request completes an upload */
export function checkWriteConditions({ bucket, key, headers, store }: Exchange, of: 'single' | 'multipart'): void {
  const absent = headers['if-none-match'];
  const same = headers['if-match'];
  if (absent === undefined && same === undefined) return;
  if (store.conditions === 'refused') throw notImplemented(absent === undefined ? 'If-Match' : 'If-None-Match');
  if (store.conditions === 'never' || (store.conditions === 'single' && of === 'multipart')) return;
  if (absent !== undefined && absent !== '*') throw notImplemented('If-None-Match');
  const current = bucket.current(key);
  if (absent !== undefined && current !== undefined) throw preconditionFailed('If-None-Match');
  if (same === undefined) return;
  if (current === undefined) throw noSuchKey(key);
  if (current.etag !== same) throw preconditionFailed('If-Match');
}

/** What stands in the headers of a put and stays with the object. */
export function attributesOf({ headers, bucket, nowMs }: Exchange) {
  const kept = Object.entries(headers).filter(([name]) => name === 'content-type' || name.startsWith('x-amz-meta-'));
  return {
    headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
    storageClass: String(headers['x-amz-storage-class'] ?? 'STANDARD'),
    retention: retentionOf(headers['x-amz-object-lock-mode'], headers['x-amz-object-lock-retain-until-date'], {
      allowed: bucket.objectLock,
      nowMs,
    }),
  };
}

export function retentionOf(
  mode: unknown,
  until: unknown,
  { allowed, nowMs }: { readonly allowed: boolean; readonly nowMs: number },
): Retention | undefined {
  if (mode === undefined && until === undefined) return undefined;
  if (!allowed) throw new S3Error(400, 'InvalidRequest', 'Bucket is missing Object Lock Configuration');
  const untilMs = Date.parse(String(until));
  if ((mode !== 'COMPLIANCE' && mode !== 'GOVERNANCE') || Number.isNaN(untilMs)) {
    throw new S3Error(
      400,
      'InvalidArgument',
      'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
    );
  }
  if (untilMs <= nowMs) throw new S3Error(400, 'InvalidArgument', 'The retain until date must be in the future!');
  return { mode, untilMs };
}

export function headObject(exchange: Exchange): Answer {
  const version = readable(exchange);
  checkReadConditions(exchange, version);
  return { status: 200, headers: { ...objectHeaders(exchange, version), 'content-length': version.body!.length } };
}

export function getObject(exchange: Exchange): Answer {
  const version = readable(exchange);
  if (version.storageClass === 'GLACIER' || version.storageClass === 'DEEP_ARCHIVE') {
    const details = { StorageClass: version.storageClass };
    throw new S3Error(403, 'InvalidObjectState', "The operation is not valid for the object's storage class", {
      details,
    });
  }
  checkReadConditions(exchange, version);
  const body = version.body!;
  const headers = objectHeaders(exchange, version);
  const range = rangeOf(exchange.headers.range, body.length);
  if (range === undefined) return { status: 200, headers, body };
  const [first, last] = range;
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${first}-${last}/${body.length}` },
    body: body.subarray(first, last + 1),
  };
}

/** @throws S3Error; who may not list is not told either that there is no such object */
function readable({ bucket, key, query, account }: Exchange): Version {
  const id = query.get('versionId');
  if (id === undefined && bucket.current(key) === undefined && account.denied?.includes('ListObjectsV2') === true) {
    throw accessDenied();
  }
  const version = bucket.version(key, id);
  if (version.body === undefined) {
    throw new S3Error(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.', {
      headers: { 'x-amz-delete-marker': 'true', 'x-amz-version-id': version.id },
    });
  }
  return version;
}

function checkReadConditions({ headers }: Exchange, { etag }: Version): void {
  if (headers['if-match'] !== undefined && headers['if-match'] !== etag) throw preconditionFailed('If-Match');
  if (headers['if-none-match'] === etag) throw new S3Error(304, 'NotModified', 'Not Modified');
}

/** First and last byte. @throws S3Error where the range begins behind the end */
function rangeOf(header: string | undefined, size: number): [number, number] | undefined {
  const form = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (form === null || (form[1] === '' && form[2] === '')) return undefined;
  const suffix = form[1] === '';
  const first = suffix ? Math.max(0, size - Number(form[2])) : Number(form[1]);
  const last = suffix || form[2] === '' ? size - 1 : Math.min(size - 1, Number(form[2]));
  if (first >= size || (suffix && form[2] === '0')) {
    throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable', {
      details: { RangeRequested: header!, ActualObjectSize: String(size) },
      headers: { 'content-range': `bytes */${size}` },
    });
  }
  return last < first ? undefined : [first, last];
}

function objectHeaders(exchange: Exchange, version: Version): Record<string, string | undefined> {
  const { retention } = version;
  return {
    ...version.headers,
    etag: version.etag,
    'accept-ranges': 'bytes',
    'last-modified': new Date(version.storedAtMs).toUTCString(),
    ...versionHeader(exchange, version),
    ...(version.storageClass !== 'STANDARD' && { 'x-amz-storage-class': version.storageClass }),
    ...(retention !== undefined && {
      'x-amz-object-lock-mode': retention.mode,
      'x-amz-object-lock-retain-until-date': new Date(retention.untilMs).toISOString(),
    }),
  };
}

export function versionHeader({ bucket }: Exchange, { id }: Version): Record<string, string> {
  return bucket.versioned ? { 'x-amz-version-id': id } : {};
}

export function deleteObject(exchange: Exchange): Answer {
  const { bucket, key, query, headers, store } = exchange;
  const same = headers['if-match'];
  if (same !== undefined) {
    if (store.conditions === 'refused') throw notImplemented('If-Match');
    const current = bucket.current(key);
    if (store.conditions !== 'never' && current !== undefined && same !== '*' && current.etag !== same) {
      throw preconditionFailed('If-Match');
    }
  }
  const removed = removeOne(exchange, key, query.get('versionId'));
  return {
    status: 204,
    headers: {
      ...(removed.versionId !== undefined && { 'x-amz-version-id': removed.versionId }),
      ...(removed.marker && { 'x-amz-delete-marker': 'true' }),
    },
  };
}

function removeOne({ bucket, headers }: Exchange, key: string, id: string | undefined) {
  if (id !== undefined) {
    const version = bucket.removeVersion(key, id, headers['x-amz-bypass-governance-retention'] === 'true');
    return { versionId: id, marker: version !== undefined && version.body === undefined };
  }
  const { marker } = bucket.remove(key);
  return { versionId: marker, marker: marker !== undefined };
}

export function deleteObjects(exchange: Exchange): Answer {
  const { headers, body } = exchange;
  if (headers['content-md5'] === undefined) {
    throw new S3Error(400, 'InvalidRequest', 'Missing required header for this request: Content-MD5');
  }
  checkMd5(headers['content-md5'], body);
  const text = body.toString();
  const objects = elementsOf(text, 'Object').map((object) => ({
    key: textOf(object, 'Key')!,
    id: textOf(object, 'VersionId'),
  }));
  if (objects.length === 0 || objects.length > 1000) {
    throw new S3Error(
      400,
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  }
  const quiet = textOf(text, 'Quiet') === 'true';
  const results = objects.map(({ key, id }) => {
    try {
      const { versionId, marker } = removeOne(exchange, key, id);
      if (quiet) return undefined;
      const made = id === undefined && marker ? textElement('DeleteMarkerVersionId', versionId) : undefined;
      const parts = [textElement('VersionId', id), marker ? textElement('DeleteMarker', 'true') : undefined, made];
      return element('Deleted', textElement('Key', key), ...parts);
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      return element(
        'Error',
        textElement('Key', key),
        textElement('VersionId', id),
        textElement('Code', error.code),
        textElement('Message', error.message),
      );
    }
  });
  return { status: 200, body: document('DeleteResult', ...results) };
}

export function getObjectRetention({ bucket, key, query }: Exchange): Answer {
  if (!bucket.objectLock) throw new S3Error(400, 'InvalidRequest', 'Bucket is missing Object Lock Configuration');
  const { retention } = bucket.version(key, query.get('versionId'));
  if (retention === undefined) {
    throw new S3Error(
      404,
      'NoSuchObjectLockConfiguration',
      'The specified object does not have a ObjectLock configuration',
    );
  }
  const until = textElement('RetainUntilDate', new Date(retention.untilMs).toISOString());
  return { status: 200, body: document('Retention', textElement('Mode', retention.mode), until) };
}

export function putObjectRetention({ bucket, key, query, headers, body, nowMs }: Exchange): Answer {
  if (headers['content-md5'] === undefined) {
    throw new S3Error(400, 'InvalidRequest', 'Missing required header for this request: Content-MD5');
  }
  checkMd5(headers['content-md5'], body);
  const text = body.toString();
  const retention = retentionOf(textOf(text, 'Mode'), textOf(text, 'RetainUntilDate'), {
    allowed: bucket.objectLock,
    nowMs,
  });
  if (retention === undefined) throw new S3Error(400, 'MalformedXML', 'Mode and RetainUntilDate are missing');
  const bypass = headers['x-amz-bypass-governance-retention'] === 'true';
  bucket.setRetention(bucket.version(key, query.get('versionId')), retention, bypass);
  return { status: 200 };
}
