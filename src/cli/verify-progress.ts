import type { VerifyEvent } from '../index.ts';
import { render, say } from '../messages/message.ts';
import type { Terminal } from './terminal.ts';

const updateMs = 1000;

type Sentence = 'verify.progress' | 'restore.progress';

/** `12345/67890 kB (18%) verified`, once a second and at the end, as pg_verifybackup shows it. */
export class VerifyProgress {
  readonly #terminal: Terminal;
  readonly #sentence: Sentence;
  #shownMs = 0;

  constructor(terminal: Terminal, sentence: Sentence = 'verify.progress') {
    this.#terminal = terminal;
    this.#sentence = sentence;
  }

  update({ doneBytes, totalBytes, finished }: Extract<VerifyEvent, { type: 'progress' }>): void {
    const now = Date.now();
    if (!finished && now - this.#shownMs < updateMs) return;
    this.#shownMs = now;
    const total = String(Math.floor(totalBytes / 1024));
    const done = String(Math.floor(doneBytes / 1024)).padStart(total.length);
    const percent = totalBytes === 0 ? 0 : Math.floor((100 * doneBytes) / totalBytes);
    const line = render(say(this.#sentence, { done, total, percent }));
    if (finished || !this.#terminal.isTerminal) this.#terminal.line(line);
    else this.#terminal.live(line);
  }
}
