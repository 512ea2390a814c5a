import { english } from './english.ts';
import type { Catalogue } from './message.ts';

/** The languages that there are sentences in, by their code of ISO 639. */
export type Language = 'en' | 'zh';

/** The sentences of a language, for `render`; read from disk when they are asked for. */
export async function loadCatalogue(language: Language): Promise<Catalogue> {
  return language === 'en' ? english : (await import('./chinese.ts')).chinese;
}
