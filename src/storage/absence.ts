import { systemCodeOf } from '../errors/backup-error.ts';

/** Whether the system says that a path leads to nothing, also because one above it is no directory. */
export function isAbsence(error: unknown): boolean {
  const code = systemCodeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** For `catch`: undefined where it is absent. @throws what the system refused else */
export function unlessAbsent(error: unknown): undefined {
  if (!isAbsence(error)) throw error;
}

/** For `catch`: what was to go is gone. @throws what the system refused else */
export function ignoreMissing(error: unknown): void {
  if (systemCodeOf(error) !== 'ENOENT') throw error;
}
