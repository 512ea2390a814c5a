import { randomBytes } from 'node:crypto';
import { md5, type Upload } from './bucket.ts';
import type { Answer, Exchange } from './exchange.ts';
import { attributesOf, checkBody, checkNewObject, checkWriteConditions, versionHeader } from './object-operations.ts';
import { S3Error } from './s3-error.ts';
import { document, element, elementsOf, textElement, textOf } from './xml.ts';

export function createUpload(exchange: Exchange): Answer {
  const { bucket, key, nowMs } = exchange;
  checkNewObject(exchange);
  const id = randomBytes(24).toString('base64url');
  bucket.uploads.set(id, { id, key, begunAtMs: nowMs, parts: new Map(), ...attributesOf(exchange) });
  const names = [textElement('Bucket', bucket.name), textElement('Key', key), textElement('UploadId', id)];
  return { status: 200, body: document('InitiateMultipartUploadResult', ...names) };
}

export function uploadPart(exchange: Exchange): Answer {
  const { body, query, nowMs, store, headers } = exchange;
  checkNewObject(exchange);
  checkBody({ ...exchange, headers: { ...headers, 'x-amz-object-lock-mode': undefined } });
  const number = Number(query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    throw new S3Error(400, 'InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
  }
  const etag = `"${(store.opaqueEtags ? randomBytes(16) : md5(body)).toString('hex')}"`;
  uploadOf(exchange).parts.set(number, { body, etag, storedAtMs: nowMs });
  return { status: 200, headers: { etag } };
}

export function completeUpload(exchange: Exchange): Answer {
  const { bucket, key, body, store } = exchange;
  const upload = uploadOf(exchange);
  const chosen = elementsOf(body.toString(), 'Part').map((part) => ({
    number: Number(textOf(part, 'PartNumber')),
    etag: textOf(part, 'ETag'),
  }));
  if (chosen.length === 0) {
    throw new S3Error(
      400,
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  }
  const parts = chosen.map(({ number, etag }, index) => {
    if (index > 0 && number <= chosen[index - 1]!.number) {
      throw new S3Error(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.');
    }
    const part = upload.parts.get(number);
    if (part?.etag.replaceAll('"', '') !== etag?.replaceAll('"', '') || part === undefined) {
      throw new S3Error(400, 'InvalidPart', 'One or more of the specified parts could not be found.');
    }
    return part;
  });
  if (parts.slice(0, -1).some((part) => part.body.length < store.minimumPartBytes)) {
    throw new S3Error(400, 'EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
  }
  checkWriteConditions(exchange, 'multipart');
  const sums = Buffer.concat(parts.map((part) => Buffer.from(part.etag.replaceAll('"', ''), 'hex')));
  const etag = `"${md5(sums).toString('hex')}-${parts.length}"`;
  const { headers, storageClass, retention } = upload;
  const whole = Buffer.concat(parts.map((part) => part.body));
  const version = bucket.store(key, { body: whole, etag, headers, storageClass, retention });
  bucket.uploads.delete(upload.id);
  return {
    status: 200,
    headers: versionHeader(exchange, version),
    body: document(
      'CompleteMultipartUploadResult',
      textElement('Location', `/${bucket.name}/${key}`),
      textElement('Bucket', bucket.name),
      textElement('Key', key),
      textElement('ETag', etag),
    ),
  };
}

export function abortUpload(exchange: Exchange): Answer {
  exchange.bucket.uploads.delete(uploadOf(exchange).id);
  return { status: 204 };
}

export function listParts(exchange: Exchange): Answer {
  const upload = uploadOf(exchange);
  const marker = Number(exchange.query.get('part-number-marker') ?? 0);
  const behind = [...upload.parts].sort(([a], [b]) => a - b).filter(([number]) => number > marker);
  const shown = behind.slice(0, exchange.store.pageSize);
  return {
    status: 200,
    body: document(
      'ListPartsResult',
      textElement('Bucket', exchange.bucket.name),
      textElement('Key', upload.key),
      textElement('UploadId', upload.id),
      textElement('NextPartNumberMarker', shown.at(-1)?.[0] ?? 0),
      textElement('IsTruncated', String(shown.length < behind.length)),
      ...shown.map(([number, { body, etag, storedAtMs }]) =>
        element(
          'Part',
          textElement('PartNumber', number),
          textElement('LastModified', new Date(storedAtMs).toISOString()),
          textElement('ETag', etag),
          textElement('Size', body.length),
        ),
      ),
    ),
  };
}

export function listUploads({ bucket, query, store }: Exchange): Answer {
  const prefix = query.get('prefix') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const idMarker = query.get('upload-id-marker') ?? '';
  const all = [...bucket.uploads.values()].filter(({ key }) => key.startsWith(prefix)).sort(byKeyAndId);
  const behind = all.filter(
    (upload) => byKeyAndId(upload, { key: keyMarker, id: idMarker === '' ? '\uffff' : idMarker }) > 0,
  );
  const shown = behind.slice(0, Math.min(store.pageSize, Number(query.get('max-uploads') ?? 1000)));
  const truncated = shown.length < behind.length;
  const last = truncated ? shown.at(-1) : undefined;
  const encodingType = query.get('encoding-type');
  const encoded = encodingType === 'url' ? encodeURIComponent : String;
  return {
    status: 200,
    body: document(
      'ListMultipartUploadsResult',
      textElement('Bucket', bucket.name),
      textElement('EncodingType', encodingType),
      textElement('NextKeyMarker', last && encoded(last.key)),
      textElement('NextUploadIdMarker', last?.id),
      textElement('IsTruncated', String(truncated)),
      ...shown.map(({ key, id, begunAtMs }) =>
        element(
          'Upload',
          textElement('Key', encoded(key)),
          textElement('UploadId', id),
          textElement('Initiated', new Date(begunAtMs).toISOString()),
        ),
      ),
    ),
  };
}

function byKeyAndId(a: Pick<Upload, 'key' | 'id'>, b: Pick<Upload, 'key' | 'id'>): number {
  return Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function uploadOf({ bucket, key, query }: Exchange): Upload {
  const upload = bucket.uploads.get(query.get('uploadId') ?? '');
  if (upload?.key === key) return upload;
  throw new S3Error(
    404,
    'NoSuchUpload',
    'The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  );
}
