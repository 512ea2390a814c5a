import { lostIdentity, type RepositoryInstance } from '../index.ts';
import { warningLine } from './error-text.ts';
import type { ProgramContext } from './program.ts';

/** Tells where `instance.json` is lost: the backups say whose they are, until the next one puts it anew. */
export function tellLost(
  { name, isIdentityLost = false }: Pick<RepositoryInstance, 'name' | 'isIdentityLost'>,
  { program, terminal }: Pick<ProgramContext, 'program' | 'terminal'>,
): void {
  if (isIdentityLost) terminal.line(warningLine(program, lostIdentity(name).sentence));
}
