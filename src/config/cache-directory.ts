import { isAbsolute, join } from 'node:path';
import type { Environment } from './environment.ts';

/**
 * Where things are kept that can be found out again: `GAUSSKEEP_CACHE`, else `$XDG_CACHE_HOME/gausskeep` (default
 * `~/.cache`); undefined where there is no home either. `GAUSSKEEP_CACHE=` keeps nothing.
 */
export function cacheDirectory(environment: Environment): string | undefined {
  const { GAUSSKEEP_CACHE: named, XDG_CACHE_HOME: cacheHome, HOME: home } = environment;
  if (named !== undefined) return isAbsolute(named) ? named : undefined;
  if (cacheHome !== undefined && isAbsolute(cacheHome)) return join(cacheHome, 'gausskeep');
  return home !== undefined && isAbsolute(home) ? join(home, '.cache/gausskeep') : undefined;
}
