import { BackupError } from '../errors/backup-error.ts';
import type { ErrorCode } from '../errors/codes.ts';
import type { Message } from '../messages/message.ts';

/**
 * What a finding means: `damage` refutes the backup, `unproved` is something that could not be checked, `warning` is no defect of the
 * backup but must be known before it is used.
 */
export type Severity = 'damage' | 'unproved' | 'warning';

/** One thing that is wrong with a backup, or that could not be proved about it. */
export interface Finding {
  readonly severity: Severity;
  readonly code: Extract<ErrorCode, 'CORRUPT' | 'SYSTEM_MISMATCH' | 'WAL_MISSING' | 'STORAGE_UNAVAILABLE' | 'PARTIAL'>;
  readonly message: Message;
}

/** Findings that a report keeps; every one of them is reported as an event, and counted. */
const keptFindings = 1000;

/** Thrown to end a verification after its first finding (`--exit-on-error`). */
export class FirstFinding extends Error {
  override readonly name = 'FirstFinding';
}

/** Collects findings. Memory: the first `keptFindings` of them. */
export class Findings {
  readonly #kept: Finding[] = [];
  readonly #onFinding: (finding: Finding) => void;
  readonly #stopAtFirst: boolean;
  readonly #counts = { damage: 0, unproved: 0, warning: 0 };

  constructor({ onFinding, stopAtFirst }: { onFinding: (finding: Finding) => void; stopAtFirst: boolean }) {
    this.#onFinding = onFinding;
    this.#stopAtFirst = stopAtFirst;
  }

  get kept(): readonly Finding[] {
    return this.#kept;
  }

  get damageCount(): number {
    return this.#counts.damage;
  }

  get unprovedCount(): number {
    return this.#counts.unproved;
  }

  /** @throws FirstFinding when the caller wants no more than one */
  damage(message: Message, code: Finding['code'] = 'CORRUPT'): void {
    this.#add({ severity: 'damage', code, message });
    if (this.#stopAtFirst) throw new FirstFinding();
  }

  unproved(message: Message): void {
    this.#add({ severity: 'unproved', code: 'PARTIAL', message });
  }

  warning(message: Message): void {
    this.#add({ severity: 'warning', code: 'PARTIAL', message });
  }

  /** What the judges of a backup's content throw. Anything else is thrown on. */
  fault(error: unknown): void {
    if (!(error instanceof BackupError) || error.code !== 'CORRUPT') throw error;
    this.damage(error.sentence);
  }

  #add(finding: Finding): void {
    this.#counts[finding.severity] += 1;
    if (this.#kept.length < keptFindings) this.#kept.push(finding);
    this.#onFinding(finding);
  }
}
