import type { WalFormat } from './format.ts';
import { openGaussFormat } from './opengauss.ts';
import { postgresqlFormats } from './postgresql.ts';

/** Every format that can be read. */
export const walFormats: readonly WalFormat[] = [openGaussFormat, ...postgresqlFormats];

const byMagic = new Map(walFormats.flatMap((format) => format.pageMagics.map((magic) => [magic, format] as const)));

/** The format of pages with this magic number, or undefined when nobody writes it. */
export function formatOfMagic(magic: number): WalFormat | undefined {
  return byMagic.get(magic);
}
