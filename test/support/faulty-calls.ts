import { copyFileSync, existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { givenToServerUser } from './postgres/server-user.ts';
import { temporaryDirectory } from './programs.ts';
import { projectRoot } from './project.ts';

/** What the kernel says when a call fails. */
export type FaultCode = 'ENOSPC' | 'EDQUOT' | 'EIO' | 'EPERM';

/** The `nth` call of that text, from 1: see fail-at-call.mjs. */
export interface FaultyCall {
  /** What is done (`write`, `sync`, `create`, …) and to which file; `owner *` is every call of that kind. */
  readonly call: string;
  readonly nth: number;
}

/** One that a program made. */
export interface NotedCall extends FaultyCall {
  /** Where in the program; many calls may have the same. */
  readonly site: string;
}

let preload: string | undefined;

/** The environment in which a program notes its calls below `roots`, which exist, and the function that tells them. */
export function noteCalls(roots: readonly string[]): {
  readonly env: Record<string, string>;
  readonly calls: () => NotedCall[];
} {
  const file = join(givenToServerUser(temporaryDirectory('calls')), 'calls');
  return {
    env: { ...environment(roots), CALLS_FILE: file },
    calls: () => {
      const counts = new Map<string, number>();
      const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
      return lines.map((line) => {
        const [call = '', site = ''] = line.split('\t');
        const nth = (counts.get(call) ?? 0) + 1;
        counts.set(call, nth);
        return { call, nth, site };
      });
    },
  };
}

/**
 * The environment in which one call fails, and the function that tells whether it came.
 * @param stays then everything that takes space fails from there on, as on a disk that is full
 */
export function failCall(
  roots: readonly string[],
  { call, nth }: FaultyCall,
  { code, stays }: { readonly code: FaultCode; readonly stays: boolean },
): { readonly env: Record<string, string>; readonly struck: () => boolean } {
  const file = join(givenToServerUser(temporaryDirectory('struck')), 'struck');
  const fault = { FAIL_CALL: call, FAIL_NTH: String(nth), FAIL_CODE: code, STRUCK_FILE: file };
  return {
    env: { ...environment(roots), ...fault, ...(stays ? { FAIL_STAYS: '1' } : {}) },
    struck: () => existsSync(file),
  };
}

function environment(roots: readonly string[]): Record<string, string> {
  // Temporary directories go with the group of tests that made them.
  if (preload === undefined || !existsSync(preload)) {
    preload = join(temporaryDirectory('preload'), 'fail-at-call.mjs');
    copyFileSync(join(projectRoot, 'test/support/fail-at-call.mjs'), preload);
    givenToServerUser(join(preload, '..'));
  }
  return { NODE_OPTIONS: `--import ${preload}`, FAULT_ROOTS: roots.map((root) => realpathSync(root)).join(':') };
}
