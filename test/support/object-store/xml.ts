/** An element with what stands in it; nested lists are taken flat, undefined is left out. */
export function element(name: string, ...inside: readonly (string | number | readonly string[] | undefined)[]): string {
  return `<${name}>${inside
    .flat()
    .filter((one) => one !== undefined)
    .join('')}</${name}>`;
}

/** An element that holds text. */
export function textElement(name: string, text: string | number | undefined): string | undefined {
  return text === undefined ? undefined : `<${name}>${escapeXml(String(text))}</${name}>`;
}

export function document(name: string, ...inside: readonly (string | readonly string[] | undefined)[]): string {
  const whole = element(name, ...inside).replace(
    `<${name}>`,
    `<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${whole}`;
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** What stands in each `<name>` of the text, in order: enough for what clients send. */
export function elementsOf(text: string, name: string): string[] {
  return [...text.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, 'g'))].map((match) => match[1]!);
}

/** The text of the first `<name>`; undefined where there is none. */
export function textOf(text: string, name: string): string | undefined {
  const raw = elementsOf(text, name)[0];
  return raw?.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(lt|gt|amp|quot|apos));/gi,
    (_, hex?: string, decimal?: string, named?: string) => {
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
      return { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }[named!.toLowerCase()]!;
    },
  );
}
