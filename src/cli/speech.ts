import type { Language } from '../messages/languages.ts';
import { render, type Catalogue, type Message } from '../messages/message.ts';
import type * as chinese from './chinese-single.ts';
import { runPart } from './run-part.ts';

/** Undefined: English, which needs nothing to be loaded. */
let spoken: Catalogue | undefined;

/** From now on `speak` says everything in that language; in English where the sentences of another cannot be read: no run fails for that. */
export function speakIn(language: Language): void {
  spoken = undefined;
  if (language === 'en') return;
  try {
    spoken = (runPart('chinese-single') as typeof chinese).chinese;
  } catch {
    // A damaged installation, or too many open files: what needs saying is said.
  }
}

/** `message` for people, in their language. What programs read (JSON, files) is in English, of `render`. */
export function speak(message: Message): string {
  return render(message, spoken);
}
