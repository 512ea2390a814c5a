import { must, Refusal } from './refusal.ts';

/** Members of a small object, before any of them was looked at. */
export type Members = Readonly<Record<string, unknown>>;

const maximumBytes = 65_536;

const crcTable = new Uint32Array(256).map((_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** CRC-32C (Castagnoli) as an unsigned number. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/**
 * A sealed small object: one line of JSON whose last member is the CRC-32C of all bytes before the comma in front of it.
 * @param name of the object, for messages
 * @throws Refusal `CORRUPT`, or `REPOSITORY_VERSION` where `format` is greater than 1
 */
export function readSmallObject(bytes: Buffer, name: string): Members {
  must(bytes.length <= maximumBytes, `${name} has ${bytes.length} bytes`);
  const text = bytes.toString('latin1');
  const seal = /,"crc32c":"([0-9a-f]{8})"\}\n$/.exec(text);
  must(seal !== null, `${name} has no seal`);
  must(crc32c(bytes.subarray(0, seal.index)) === parseInt(seal[1]!, 16), `the seal of ${name} does not fit`);
  let members: unknown;
  try {
    members = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new Refusal('CORRUPT', `${name} is no JSON`, { cause });
  }
  must(typeof members === 'object' && members !== null && !Array.isArray(members), `${name} is no object`);
  const found = members as Members;
  const format = numberOf(found, 'format', name);
  if (format > 1) throw new Refusal('REPOSITORY_VERSION', `${name} is of format ${format}`);
  must(format === 1, `${name} is of format ${format}`);
  return found;
}

/** A whole number from 0 on. */
export function numberOf(members: Members, member: string, name: string): number {
  return wholeNumber(members[member], `"${member}" of ${name}`);
}

export function wholeNumber(value: unknown, what: string): number {
  must(typeof value === 'number' && Number.isSafeInteger(value) && value >= 0, `${what} is no number`);
  return value;
}

export function textOf(members: Members, member: string, name: string, form = /^/): string {
  return textOfForm(members[member], `"${member}" of ${name}`, form);
}

export function textOfForm(value: unknown, what: string, form: RegExp): string {
  must(typeof value === 'string' && form.test(value), `${what} is not as it must be`);
  return value;
}

export function arrayOf(members: Members, member: string, name: string): readonly unknown[] {
  const value = members[member];
  must(Array.isArray(value), `"${member}" of ${name} is no array`);
  return value as unknown[];
}

export const idForm = /^[0-9a-f]{32}$/;

/** An LSN `X/X`. */
export function lsnOf(members: Members, member: string, name: string): bigint {
  const [upper, lower] = textOf(members, member, name, /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/).split('/');
  return (BigInt(`0x${upper!}`) << 32n) | BigInt(`0x${lower!}`);
}
