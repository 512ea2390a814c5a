/** One element of DER (X.690): its tag byte and what it holds. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
}

export const derTag = { octetString: 0x04, objectIdentifier: 0x06, utf8String: 0x0c } as const;

/** The elements that lie in `bytes` one after another; undefined where they are not whole. Tags above 30 are not in certificates. */
export function derElements(bytes: Uint8Array): DerElement[] | undefined {
  const elements: DerElement[] = [];
  for (let position = 0; position < bytes.length;) {
    const tag = bytes[position];
    const first = bytes[position + 1];
    if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
    position += 2;
    let length = first;
    if (first >= 0x80) {
      const count = first & 0x7f;
      if (count === 0 || count > 4 || position + count > bytes.length) return undefined;
      length = 0;
      for (const byte of bytes.subarray(position, position + count)) length = length * 256 + byte;
      position += count;
    }
    if (position + length > bytes.length) return undefined;
    elements.push({ tag, content: bytes.subarray(position, position + length) });
    position += length;
  }
  return elements;
}

/** What lies in an element, at the place `index`. */
export function derChild(parent: DerElement | undefined, index: number): DerElement | undefined {
  return parent === undefined ? undefined : derElements(parent.content)?.[index];
}

/** An object identifier as numbers with dots; undefined for anything else. */
export function objectIdentifier(element: DerElement | undefined): string | undefined {
  if (element?.tag !== derTag.objectIdentifier || element.content.length === 0) return undefined;
  const numbers: number[] = [];
  let value = 0;
  for (const byte of element.content) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(value);
      value = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join('.');
}
