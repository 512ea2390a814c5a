import { basename } from 'node:path';

/** The name that the program was called by: a link named `pg_basebackup` is that program. */
export function calledAs(fallback: string): string {
  const name = basename(process.argv[1] ?? fallback).replace(/\.[cm]?js$/, '');
  return name === '' ? fallback : name;
}
