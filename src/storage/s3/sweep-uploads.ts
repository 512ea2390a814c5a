import { decoded, many, parsed, record, strange } from './answer-xml.ts';
import type { S3Client } from './client.ts';
import { textOf } from './exchange.ts';

import { abortUpload } from './put-in-parts.ts';

/** Takes back uploads in parts that began longer ago than `idleMs` by the clock of the store. @returns how many */
export async function sweepUploads(client: S3Client, idleMs: number, signal?: AbortSignal): Promise<number> {
  const { prefix } = client.location;
  let removed = 0;
  let marker: { readonly key: string; readonly upload: string } | undefined;
  do {
    const query = {
      uploads: '',
      'encoding-type': 'url',
      prefix: prefix === '' ? undefined : prefix,
      'key-marker': marker?.key,
      'upload-id-marker': marker?.upload,
    };
    const { result } = await client.run(
      { method: 'GET', query, answers: [200] },
      async (answer) => ({ text: await textOf(answer), nowMs: Date.parse(answer.headers.date ?? '') }),
      signal,
    );
    const { parseXML } = await import('@aws-sdk/xml-builder');
    const fields = record(parsed(() => parseXML(result.text), client)['ListMultipartUploadsResult'], client);
    const keyOf = (value: unknown): string => {
      if (typeof value !== 'string') throw strange(client);
      return fields['EncodingType'] === 'url' ? decoded(value) : value;
    };
    for (const item of many(fields['Upload'])) {
      const { Key: key, UploadId: upload, Initiated: begun } = record(item, client);
      const name = keyOf(key);
      // What has no time, or a store that tells none, is left: age cannot be known.
      if (!name.startsWith(prefix) || typeof upload !== 'string') continue;
      if (!(result.nowMs - Date.parse(String(begun)) >= idleMs)) continue;
      await abortUpload(client, name.slice(prefix.length), upload, signal);
      removed += 1;
    }
    const { NextKeyMarker: key, NextUploadIdMarker: upload, IsTruncated: more } = fields;
    const next = more === 'true' && typeof upload === 'string' ? { key: keyOf(key), upload } : undefined;
    marker = next?.upload === marker?.upload ? undefined : next;
  } while (marker !== undefined);
  return removed;
}
