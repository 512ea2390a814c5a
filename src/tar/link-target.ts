import type { ByteString } from '../bytes/byte-string.ts';

/**
 * Whether a link at `name` with this target leads to something below the root. Climbing is allowed at its beginning only:
 * behind a name, which may be a link itself, `..` could lead anywhere.
 */
export function staysInside(name: ByteString, target: ByteString): boolean {
  const climbs = /^(?:\.\.(?:\/+|$))*/.exec(target)?.[0] ?? '';
  const rest = target.slice(climbs.length).split('/');
  const depth = name.split('/').length - 1;
  return !target.startsWith('/') && !rest.includes('..') && climbs.split('..').length - 1 <= depth;
}
