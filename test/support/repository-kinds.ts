import { everyFault } from '../faults/every-fault.ts';
import type { ServerVersion } from './postgres/binaries.ts';

/** Options of `repo init` that a test is made with: both kinds in `npm run test:all`, else the newest full release has the encrypted one and the others the plain one. */
export function repositoryKinds(version: ServerVersion): readonly ('' | '--encrypt')[] {
  if (everyFault) return ['', '--encrypt'];
  return version === 17 ? ['--encrypt'] : [''];
}
