/** What the checksums of a manifest can be, as a command line names them. */
export type ManifestAlgorithm = 'NONE' | 'CRC32C' | 'SHA224' | 'SHA256' | 'SHA384' | 'SHA512';

/** In the order of their strength. */
export const manifestAlgorithms: readonly ManifestAlgorithm[] = [
  'NONE',
  'CRC32C',
  'SHA224',
  'SHA256',
  'SHA384',
  'SHA512',
];

/** The algorithm that `text` names in any case, or undefined. */
export function manifestAlgorithmOf(text: string): ManifestAlgorithm | undefined {
  return manifestAlgorithms.find((name) => name === text.toUpperCase());
}
