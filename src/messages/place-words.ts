import { say, type MessageValue } from './message.ts';

/**
 * What a storage or a WAL store is called, `directory /x`, with its kind in the language of the reader; anything else as it is. The
 * name itself is data, in files and JSON too, and stays English there.
 */
export function placeWords(description: string): MessageValue {
  if (description.startsWith('s3://')) return plainPlace(description);
  const [, kind, path = '', instance, generation] =
    /^(directory|archive) (.+?)(?:, instance ([^\s,]+))?(?:, generation (\d+))?$/s.exec(description) ?? [];
  if (kind === undefined) return description;
  if (instance !== undefined && generation === undefined) return say('common.place.instance', { path, instance });
  if (generation !== undefined) return say('common.place.generation', { path: of(path, instance), generation });
  return kind === 'directory' ? say('common.place.directory', { path }) : say('common.place.archive', { path });
}

/** A place in an object store without how it is asked, which `s3://BUCKET/PREFIX?endpoint=…` says; any other text as it is. */
export function plainPlace(text: string): string {
  return text.startsWith('s3://') ? (text.split('?', 1)[0] ?? text) : text;
}

function of(path: string, instance: string | undefined): string {
  return instance === undefined ? path : `${path}, instance ${instance}`;
}
