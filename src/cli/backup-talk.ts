import type { ProgressStyle } from '../config/gs-basebackup-settings.ts';
import type { BackupEvent, ErrorFields } from '../index.ts';
import { printable, type Message } from '../messages/message.ts';
import { labelledLine, warningLine } from './error-text.ts';
import type { ProgramContext } from './program.ts';
import { ProgressView } from './progress.ts';
import { speak } from './speech.ts';

/** What gs_basebackup says on stderr while it runs. */
export class BackupTalk {
  readonly #context: ProgramContext;
  readonly #verbose: boolean;
  readonly #progress: ProgressView | undefined;

  constructor(context: ProgramContext, style: ProgressStyle, verbose: boolean) {
    this.#context = context;
    this.#verbose = verbose;
    this.#progress = style === 'none' ? undefined : new ProgressView(context.terminal, style, verbose);
  }

  readonly listener = (event: BackupEvent): void => {
    switch (event.type) {
      case 'progress':
        this.#progress?.update(event);
        return;
      case 'phase':
        this.#progress?.begin(event.phase);
        return;
      case 'step':
        if (this.#verbose) this.#line(speak(event.sentence));
        return;
      case 'waiting':
        this.#line(speak(event.sentence));
        return;
      case 'warning':
        this.#context.terminal.line(warningLine(this.#context.program, event.sentence));
        return;
      case 'removal':
        // The original says it of itself, behind the error.
        if (this.#context.program === 'pg_basebackup')
          this.#context.lastLine(`${this.#context.program}: ${speak(event.sentence)}`);
        else if (event.isKept) this.#context.terminal.line(warningLine(this.#context.program, event.sentence));
        else if (this.#verbose) this.#line(speak(event.sentence));
        return;
      case 'left':
        this.#context.lastLine(warningLine(this.#context.program, event.sentence));
        return;
      case 'owed':
        this.#context.owedLine(event.sentence && warningLine(this.#context.program, event.sentence));
        return;
      case 'notice':
        for (const line of noticeLines(event.notice)) this.#context.terminal.line(line);
        return;
    }
  };

  error(sentence: Message, hint: Message): void {
    this.#labelled('error', sentence);
    this.#labelled('hint', hint);
  }

  note(sentence: Message): void {
    this.#labelled('note', sentence);
  }

  finish(): void {
    this.#progress?.finish();
  }

  #labelled(label: 'error' | 'hint' | 'note', sentence: Message): void {
    this.#context.terminal.line(labelledLine(this.#context.program, label, speak(sentence)));
  }

  #line(text: string): void {
    this.#context.terminal.line(`${this.#context.program}: ${text}`);
  }
}

/** A notice as libpq shows it, in the words of the server: severity, two spaces, text; then detail and hint. */
function noticeLines(notice: ErrorFields): string[] {
  const lines = [`${notice['V'] ?? notice['S'] ?? 'NOTICE'}:  ${printable(notice['M'] ?? '')}`];
  if (notice['D'] !== undefined) lines.push(`DETAIL:  ${printable(notice['D'])}`);
  if (notice['H'] !== undefined) lines.push(`HINT:  ${printable(notice['H'])}`);
  return lines;
}
