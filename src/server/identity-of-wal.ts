import { formatOfMagic } from '../wal/formats/formats.ts';
import { identifyOpengauss, identifyPostgresql, type ServerIdentity } from './identity.ts';

/** Which server writes WAL whose pages have this magic number: of PostgreSQL the release too. Undefined when none does. */
export function identityOfWal(pageMagic: number): ServerIdentity | undefined {
  const name = formatOfMagic(pageMagic)?.name;
  const release = name === undefined ? undefined : /^PostgreSQL (\d+)$/.exec(name)?.[1];
  if (release !== undefined) return identifyPostgresql(release);
  return name === undefined ? undefined : identifyOpengauss();
}
