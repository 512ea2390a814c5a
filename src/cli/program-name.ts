import { basename } from 'node:path';

/**
 * The PostgreSQL release that a program stands in for, by the directory of the link that it was called through, as packages name
 * them (`/usr/lib/postgresql/17/bin`, `/usr/pgsql-17/bin`); undefined: none is named. The words of some tools differ by release.
 */
export function releaseStoodInFor(path = process.argv[1] ?? ''): number | undefined {
  const release = /\/(?:pgsql-|postgresql-)?(\d{2})\/bin\/[^/]+$/.exec(path)?.[1];
  return release === undefined ? undefined : Number(release);
}

/** The name that the program was called by: a link named `pg_basebackup` is that program. */
export function calledAs(fallback: string): string {
  const name = basename(process.argv[1] ?? fallback).replace(/\.[cm]?js$/, '');
  return name === '' ? fallback : name;
}
