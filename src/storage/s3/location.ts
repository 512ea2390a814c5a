import { BackupError } from '../../errors/backup-error.ts';
import { say } from '../../messages/message.ts';
import { isObjectName } from '../object-name.ts';

/** How the bucket is named in a request: `https://HOST/BUCKET/KEY` or `https://BUCKET.HOST/KEY`. */
export type BucketStyle = 'path' | 'virtual';

/** Where in which object store. Nothing of it is secret. */
export interface S3Location {
  readonly bucket: string;
  /** '' or folders, each ending in `/`. */
  readonly prefix: string;
  /** `https://HOST[:PORT]`, without a path; undefined: that of Amazon S3 in `region`. */
  readonly endpoint: string | undefined;
  /** What requests are signed for. Undefined: `us-east-1`, where an endpoint is named. */
  readonly region: string | undefined;
  /** Undefined: `virtual` where no endpoint is named, and for stores that know no other; else `path`. */
  readonly style: BucketStyle | undefined;
  /** PEM file of the certificates that the store's is checked with. Undefined: those of the system. */
  readonly caFile: string | undefined;
  /** An INI file of credentials, as `~/.aws/credentials` is. Undefined: credentials are looked for as the tools of AWS do. */
  readonly credentialsFile: string | undefined;
  /** A section of the profile files of AWS tools. Undefined: credentials are looked for as they do. */
  readonly profile: string | undefined;
  /** Whether an `http://` endpoint is meant: everything but signatures goes in clear. */
  readonly allowHttp: boolean;
}

const scheme = 's3://';
/** The rest of a place, as the query of its text. */
const settings = ['endpoint', 'region', 'style', 'ca', 'credentials', 'profile', 'http'] as const;
/** Hosts, or the ends of their names, where a path does not name a bucket. */
const virtualOnly = ['.amazonaws.com', '.amazonaws.com.cn', '.myhuaweicloud.com', '.myhuaweicloud.eu', '.aliyuncs.com'];

/** Whether a place is one in an object store, and no path. */
export function isS3Place(place: string): boolean {
  return place.startsWith(scheme);
}

/**
 * Reads `s3://BUCKET[/PREFIX][?endpoint=URL&region=NAME&style=path|virtual&ca=FILE&credentials=FILE&profile=NAME&http=yes]`.
 * @throws BackupError `CONFIG_INVALID`
 */
export function parseS3Place(place: string): S3Location {
  const [name = '', query = ''] = place.slice(scheme.length).split('?', 2);
  const [bucket = '', ...folders] = name.replace(/\/+$/, '').split('/');
  // The rule of Amazon S3; older buckets elsewhere may have capitals and underscores.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(bucket)) throw invalid('bad-bucket', bucket);
  const prefix = folders.join('/');
  if (prefix !== '' && !isObjectName(prefix)) throw invalid('bad-prefix', prefix);
  const words = new URLSearchParams(query);
  for (const word of words.keys()) {
    if (!settings.some((known) => known === word)) throw invalid('unknown-setting', word);
  }
  const style = words.get('style') ?? undefined;
  if (style !== undefined && style !== 'path' && style !== 'virtual') throw invalid('bad-style', style);
  const http = words.get('http') ?? 'no';
  if (http !== 'yes' && http !== 'no') throw invalid('bad-http', http);
  const endpoint = words.get('endpoint') ?? undefined;
  const allowHttp = http === 'yes';
  return {
    bucket,
    prefix: prefix === '' ? '' : `${prefix}/`,
    endpoint: endpoint === undefined ? undefined : originOf(endpoint, allowHttp),
    region: words.get('region') ?? undefined,
    style,
    caFile: words.get('ca') ?? undefined,
    credentialsFile: words.get('credentials') ?? undefined,
    profile: words.get('profile') ?? undefined,
    allowHttp,
  };
}

/** The one text of a location, which `parseS3Place` reads. */
export function formatS3Place(location: S3Location): string {
  const { bucket, prefix, endpoint, region, style, caFile, credentialsFile, profile, allowHttp } = location;
  const values = {
    endpoint,
    region,
    style,
    ca: caFile,
    credentials: credentialsFile,
    profile,
    http: allowHttp ? 'yes' : undefined,
  };
  const query = settings.flatMap((name) => {
    const value = values[name];
    return value === undefined
      ? []
      : [`${name}=${encodeURIComponent(value).replaceAll('%2F', '/').replaceAll('%3A', ':')}`];
  });
  return nameOfS3Place(bucket, prefix) + (query.length === 0 ? '' : `?${query.join('&')}`);
}

/** The text of a place for a folder below another. @param folder without a slash at its ends */
export function s3PlaceBelow(place: string, folder: string): string {
  const location = parseS3Place(place);
  return formatS3Place({ ...location, prefix: `${location.prefix}${folder}/` });
}

/** A place for people: a path, or `s3://BUCKET/PREFIX` without how it is asked. */
export function shownPlace(place: string): string {
  return isS3Place(place) ? (place.split('?', 1)[0] ?? place) : place;
}

/** `s3://BUCKET/PREFIX`, for people. */
export function nameOfS3Place(bucket: string, prefix: string): string {
  return `${scheme}${bucket}${prefix === '' ? '' : `/${prefix.slice(0, -1)}`}`;
}

/** What names the credentials of a place, where anything does. */
export function s3SecretsOf(place: string): Pick<S3Location, 'credentialsFile' | 'profile'> {
  const { credentialsFile, profile } = parseS3Place(place);
  return { credentialsFile, profile };
}

/** What requests of a location are made of. */
export interface S3Address {
  readonly isTls: boolean;
  /** As in a URL, of the bucket in the virtual style. */
  readonly host: string;
  readonly port: number;
  /** What the `Host` header says: the port only where it is not that of the scheme. */
  readonly authority: string;
  /** '' or `/BUCKET`. */
  readonly bucketPath: string;
  readonly region: string;
}

/** @throws BackupError `CONFIG_INVALID` where neither endpoint nor region is named */
export function addressOf({ bucket, endpoint, region, style }: S3Location): S3Address {
  if (endpoint === undefined && region === undefined) {
    throw new BackupError('CONFIG_INVALID', say('s3.no-endpoint'), { hint: say('s3.no-endpoint.hint') });
  }
  const signedFor = region ?? 'us-east-1';
  const url = new URL(endpoint ?? `https://s3.${signedFor}.amazonaws.com${signedFor.startsWith('cn-') ? '.cn' : ''}`);
  const isTls = url.protocol === 'https:';
  const knowsNoPath = virtualOnly.some((end) => url.hostname.endsWith(end));
  // A certificate for *.HOST does not hold for a bucket with dots.
  const isVirtual = style === undefined ? knowsNoPath && !(isTls && bucket.includes('.')) : style === 'virtual';
  const host = isVirtual ? `${bucket}.${url.hostname}` : url.hostname;
  return {
    isTls,
    host,
    port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
    authority: url.port === '' ? host : `${host}:${url.port}`,
    bucketPath: isVirtual ? '' : `/${bucket}`,
    region: signedFor,
  };
}

/** @throws BackupError `CONFIG_INVALID` */
function originOf(text: string, allowHttp: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isUrl = url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:') && url.hostname !== '';
  const isPlain = url?.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!isUrl || !isPlain || (url.pathname !== '/' && url.pathname !== '')) {
    // What a password may stand in is not repeated.
    throw new BackupError('CONFIG_INVALID', say('s3.bad-endpoint'), { hint: say('s3.bad-endpoint.hint') });
  }
  if (url.protocol === 'http:' && !allowHttp) {
    throw new BackupError('CONFIG_INVALID', say('s3.plain-http', { endpoint: url.origin }), {
      hint: say('s3.plain-http.hint'),
    });
  }
  return url.origin;
}

function invalid(
  what: 'bad-bucket' | 'bad-prefix' | 'unknown-setting' | 'bad-style' | 'bad-http',
  value: string,
): BackupError {
  return new BackupError('CONFIG_INVALID', say(`s3.${what}`, { value }), { hint: say('s3.place.hint') });
}
