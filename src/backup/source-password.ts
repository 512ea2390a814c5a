import type { SessionSettings } from '../replication/open-session.ts';

/** The settings of a source whose password may be a function, for sessions on this thread and on others. */
export class SourcePassword {
  /** With a function that asks the caller's once, when a server first wants a password. */
  readonly settings: SessionSettings;
  #answer: Promise<string | undefined> | undefined;
  #known: string | undefined;

  constructor(settings: SessionSettings) {
    const { password } = settings;
    this.settings = typeof password === 'function' ? { ...settings, password: () => this.#ask(password) } : settings;
  }

  /** `settings`, which were made from ours, for another thread: with the password that a session of this thread needed. */
  plain(settings: SessionSettings): SessionSettings {
    const { password } = settings;
    return plainSettings(settings, typeof password === 'function' ? this.#known : password);
  }

  async #ask(password: () => Promise<string | undefined>): Promise<string | undefined> {
    this.#answer ??= password();
    this.#known = await this.#answer;
    return this.#known;
  }
}

/** The settings as plain data: functions cannot go to another thread. */
export function plainSettings(settings: SessionSettings, password: string | undefined): SessionSettings {
  return { ...settings, password, onNotice: undefined, trace: undefined };
}
