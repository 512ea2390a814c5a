import { ServerError } from '../connection/server-error.ts';
import type { DataDirectory } from './data-directory.ts';
import type { FindLogin } from './follow.ts';
import { placeOf, type Postmaster } from './postmaster.ts';
import type { PromisedFacts } from './promise.ts';
import { ServerQuestions, type PreparedTransaction } from './server-state.ts';

/** What a server says when its recovery has come to a stop. */
export interface ServerAnswers extends PromisedFacts {
  /** As it is in force. */
  readonly archiveMode: string | undefined;
  /** As it is configured; '' where it is not, undefined where that was not asked. */
  readonly archiveCommand: string | undefined;
}

/** @param isOpen it is read-write: before, the server shows no prepared transactions */
export async function askServer(
  data: DataDirectory,
  { postmaster, login, isOpen }: { postmaster: Postmaster; login: FindLogin; isOpen: boolean },
  signal: AbortSignal | undefined,
): Promise<ServerAnswers> {
  const questions = new ServerQuestions(postmaster, data.dialect, await login(placeOf(postmaster)));
  try {
    return await answersOf(data, questions, isOpen, signal);
  } finally {
    await questions.close();
  }
}

/** The same over a session that is there. */
export async function answersOf(
  { record }: DataDirectory,
  questions: ServerQuestions,
  isOpen: boolean,
  signal: AbortSignal | undefined,
): Promise<ServerAnswers> {
  const last = record?.lastTransaction;
  // Of a rollback a server says the same as of a transaction that it never saw end.
  const isCommit = last?.kind?.startsWith('commit') === true;
  return {
    lastStatus: isCommit ? await unlessDenied(questions.transactionStatus(last.xid, signal)) : undefined,
    prepared: isOpen ? await questions.prepared(signal) : undefined,
    archiveMode: await unlessDenied(questions.archiveMode(signal)),
    archiveCommand: await unlessDenied(questions.archiveCommand(signal)),
  };
}

async function unlessDenied<Value>(answer: Promise<Value>): Promise<Value | undefined> {
  try {
    return await answer;
  } catch (error) {
    // It knows no such function, or the role may not.
    if (error instanceof ServerError) return undefined;
    throw error;
  }
}

/** Those that the plan named, while the server does not show any. */
export function promisedPrepared({ record }: DataDirectory): PreparedTransaction[] {
  return (record?.prepared ?? []).map(({ xid, gid }) => ({ xid: xid.toString(), name: gid ?? '' }));
}
