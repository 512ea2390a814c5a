export interface PaxRecord {
  readonly key: string;
  readonly value: Buffer;
}

/**
 * The records of a pax extended header, read to the letter of POSIX (pax, "pax Extended Header"): lengths count the whole record,
 * keys are UTF-8, and so are values unless the record hdrcharset came before and says BINARY.
 * @throws Error when a record is otherwise
 */
export function readPaxRecords(content: Uint8Array): PaxRecord[] {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  const records: PaxRecord[] = [];
  let binary = false;
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(' ', at);
    const digits = bytes.toString('latin1', at, space);
    const end = at + Number(digits);
    const equals = bytes.indexOf('=', space);
    const lengthIsSound = /^[1-9][0-9]*$/.test(digits) && end <= bytes.length && bytes[end - 1] === 0x0a;
    if (!lengthIsSound || equals < space || equals >= end) throw new Error(`no pax record at ${String(at)}`);
    const key = utf8.decode(bytes.subarray(space + 1, equals));
    const value = bytes.subarray(equals + 1, end - 1);
    if (key === 'hdrcharset') binary = value.equals(Buffer.from('BINARY'));
    else if (!binary) utf8.decode(value);
    records.push({ key, value });
    at = end;
  }
  return records;
}
