import type { RecoveryWindow } from '../index.ts';
import type { RepositoryPlaces } from './restore-from-repository.ts';

/** The window of an instance of a repository with its backups named as `gausskeep list` names them: a path would name nothing. */
export function repositoryWindow(window: RecoveryWindow, { name: place }: RepositoryPlaces): RecoveryWindow {
  const before = `${place}: `;
  const nameOf = (name: string): string => (name.startsWith(before) ? name.slice(before.length) : name);
  return {
    ...window,
    lines: window.lines.map((line) => ({
      ...line,
      backups: line.backups.map((range) => ({
        ...range,
        backup: { ...range.backup, name: nameOf(range.backup.name) },
      })),
    })),
    passedOver: window.passedOver.map((object) => ({ ...object, name: nameOf(object.name) })),
  };
}
