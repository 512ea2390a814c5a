import type { ByteString } from '../bytes/byte-string.ts';
import type { PlacedTablespace } from './plan-tablespaces.ts';

/**
 * The name that a manifest has for a file: those of tablespaces are listed below their links.
 * @param oid of the tablespace that `name` is relative to; undefined: it is relative to the data directory
 */
export function listedName(
  tablespaces: readonly PlacedTablespace[],
  oid: number | undefined,
  name: ByteString,
): ByteString {
  if (oid !== undefined) return `pg_tblspc/${oid}/${name}` as ByteString;
  for (const space of tablespaces) {
    if (space.inside !== undefined && name.startsWith(`${space.inside}/`)) {
      return `pg_tblspc/${space.oid}/${name.slice(space.inside.length + 1)}` as ByteString;
    }
  }
  return name;
}
