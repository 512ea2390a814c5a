import type { SessionSettings } from '../replication/open-session.ts';
import type { BackupOrder } from './request.ts';

type AskPassword = () => Promise<string | undefined>;

/** The settings of the sources of a backup whose passwords may be functions, for sessions on this thread and on others. */
export class SourcePassword {
  readonly #known = new Map<AskPassword, string | undefined>();

  /** `settings` with a function that asks the caller's once, when a server first wants a password. */
  once(settings: SessionSettings): SessionSettings {
    const { password } = settings;
    if (typeof password !== 'function') return settings;
    let answer: Promise<string | undefined> | undefined;
    const ask = async (): Promise<string | undefined> => {
      answer ??= password();
      const known = await answer;
      this.#known.set(ask, known);
      return known;
    };
    return { ...settings, password: ask };
  }

  /** `order` with `once` for each of its sources. */
  sourcesOnce<Order extends Pick<BackupOrder, 'source' | 'otherSources'>>(order: Order): Order {
    return {
      ...order,
      source: this.once(order.source),
      otherSources: order.otherSources?.map((settings) => this.once(settings)),
    };
  }

  /** `settings`, which were made from those of `once`, for another thread: with the password that a session of this thread needed. */
  plain(settings: SessionSettings): SessionSettings {
    const { password } = settings;
    return plainSettings(settings, typeof password === 'function' ? this.#known.get(password) : password);
  }
}

/** The settings as plain data: functions cannot go to another thread. */
export function plainSettings(settings: SessionSettings, password: string | undefined): SessionSettings {
  return { ...settings, password, onNotice: undefined, trace: undefined };
}
