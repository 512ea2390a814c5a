import type { Version } from './bucket.ts';
import type { Answer, Exchange } from './exchange.ts';
import { S3Error } from './s3-error.ts';
import { document, element, textElement } from './xml.ts';

/** An object or a folder (a common prefix) of a listing. `from` orders them, and where the next page begins. */
type Entry = { readonly from: string; readonly key: string } | { readonly from: string; readonly folder: string };

export function listObjects(exchange: Exchange): Answer {
  const { bucket, query } = exchange;
  const token = query.get('continuation-token');
  const after = token === undefined ? (query.get('start-after') ?? '') : tokenContent(token);
  const most = maximum(exchange);
  const keys = bucket.keys.filter((key) => bucket.current(key) !== undefined);
  const { entries, truncated } = page(keys, exchange, { after, most });
  const encoded = encoding(query);
  const contents = entries.map((entry) => {
    if ('folder' in entry) return element('CommonPrefixes', textElement('Prefix', encoded(entry.folder)));
    const { etag, storedAtMs, body, storageClass } = bucket.current(entry.key)!;
    return element(
      'Contents',
      textElement('Key', encoded(entry.key)),
      textElement('LastModified', new Date(storedAtMs).toISOString()),
      textElement('ETag', etag),
      textElement('Size', body!.length),
      textElement('StorageClass', storageClass),
    );
  });
  const next = truncated ? Buffer.from(entries.at(-1)!.from).toString('base64url') : undefined;
  return {
    status: 200,
    body: document(
      'ListBucketResult',
      ...heading(exchange, { count: entries.length, most, truncated }),
      textElement('NextContinuationToken', next),
      // S3 gives the objects of a page first and its folders behind them.
      ...contents.filter((text) => text.startsWith('<Contents>')),
      ...contents.filter((text) => !text.startsWith('<Contents>')),
    ),
  };
}

export function listVersions(exchange: Exchange): Answer {
  const { bucket, query } = exchange;
  const most = maximum(exchange);
  const encoded = encoding(query);
  const prefix = query.get('prefix') ?? '';
  const rows = bucket.keys
    .filter((key) => key.startsWith(prefix))
    .flatMap((key) =>
      [...bucket.versionsOf(key)].reverse().map((version, index) => ({ key, version, newest: index === 0 })),
    );
  const keyMarker = query.get('key-marker') ?? '';
  const versionMarker = query.get('version-id-marker');
  const at = rows.findIndex(({ key, version }) => key === keyMarker && version.id === versionMarker);
  const rest = at === -1 ? rows.filter(({ key }) => isBehind(key, keyMarker)) : rows.slice(at + 1);
  const shown = rest.slice(0, most);
  const last = rest.length > shown.length ? shown.at(-1) : undefined;
  return {
    status: 200,
    body: document(
      'ListVersionsResult',
      ...heading(exchange, { count: undefined, most, truncated: last !== undefined }),
      textElement('NextKeyMarker', last && encoded(last.key)),
      textElement('NextVersionIdMarker', last?.version.id),
      ...shown.map((row) => versionElement(row, encoded)),
    ),
  };
}

function versionElement(
  { key, version, newest }: { readonly key: string; readonly version: Version; readonly newest: boolean },
  encoded: (text: string) => string,
): string {
  const shared = [
    textElement('Key', encoded(key)),
    textElement('VersionId', version.id),
    textElement('IsLatest', String(newest)),
    textElement('LastModified', new Date(version.storedAtMs).toISOString()),
  ];
  if (version.body === undefined) return element('DeleteMarker', ...shared);
  return element(
    'Version',
    ...shared,
    textElement('ETag', version.etag),
    textElement('Size', version.body.length),
    textElement('StorageClass', version.storageClass),
  );
}

export function getObjectLockConfiguration({ bucket }: Exchange): Answer {
  if (!bucket.objectLock) {
    const message = 'Object Lock configuration does not exist for this bucket';
    throw new S3Error(404, 'ObjectLockConfigurationNotFoundError', message);
  }
  const standard = bucket.defaultRetention;
  const rule =
    standard &&
    element(
      'Rule',
      element('DefaultRetention', textElement('Mode', standard.mode), textElement('Days', standard.days)),
    );
  return {
    status: 200,
    body: document('ObjectLockConfiguration', textElement('ObjectLockEnabled', 'Enabled'), rule),
  };
}

export function getBucketVersioning({ bucket }: Exchange): Answer {
  return {
    status: 200,
    body: document('VersioningConfiguration', bucket.versioned ? textElement('Status', 'Enabled') : undefined),
  };
}

/** At most as many as the store gives, and as the request wants. */
function maximum({ query, store }: Exchange): number {
  const wanted = Number(query.get('max-keys') ?? 1000);
  if (!Number.isInteger(wanted) || wanted < 0) throw new S3Error(400, 'InvalidArgument', 'max-keys is no number');
  return Math.min(wanted, store.pageSize);
}

function page(
  keys: readonly string[],
  { query }: Exchange,
  { after, most }: { readonly after: string; readonly most: number },
): { readonly entries: Entry[]; readonly truncated: boolean } {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const entries: Entry[] = [];
  for (const key of keys) {
    if (!key.startsWith(prefix) || !isBehind(key, after)) continue;
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const folder = end === -1 ? undefined : key.slice(0, end + delimiter.length);
    const last = entries.at(-1);
    // A page may have ended with a folder: what lies in it was told with it.
    if (folder !== undefined && (after === folder || (last && 'folder' in last && last.folder === folder))) continue;
    if (entries.length === most) return { entries, truncated: most > 0 };
    entries.push(folder === undefined ? { from: key, key } : { from: folder, folder });
  }
  return { entries, truncated: false };
}

const isBehind = (key: string, after: string): boolean => Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0;

function tokenContent(token: string): string {
  const content = Buffer.from(token, 'base64url');
  if (content.toString('base64url') === token) return content.toString();
  throw new S3Error(400, 'InvalidArgument', 'The continuation token provided is incorrect');
}

function heading(
  { bucket, query }: Exchange,
  {
    count,
    most,
    truncated,
  }: { readonly count: number | undefined; readonly most: number; readonly truncated: boolean },
): (string | undefined)[] {
  const encoded = encoding(query);
  const delimiter = query.get('delimiter');
  return [
    textElement('Name', bucket.name),
    textElement('Prefix', encoded(query.get('prefix') ?? '')),
    textElement('Delimiter', delimiter && encoded(delimiter)),
    textElement('KeyCount', count),
    textElement('MaxKeys', most),
    textElement('EncodingType', query.get('encoding-type')),
    textElement('IsTruncated', String(truncated)),
  ];
}

/** As AWS encodes keys: a space becomes `+`, and `/` stays. */
function encoding(query: ReadonlyMap<string, string>): (text: string) => string {
  const asked = query.get('encoding-type');
  if (asked === undefined) return (text) => text;
  if (asked !== 'url') throw new S3Error(400, 'InvalidArgument', 'Invalid Encoding Method specified in Request');
  return (text) =>
    encodeURIComponent(text)
      .replaceAll('%2F', '/')
      .replaceAll('%20', '+')
      .replace(/[!'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
