export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function thousands(value: number): string {
  return value.toLocaleString('en');
}

export function megabytes(bytes: number): string {
  return bytes < 10e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${thousands(Math.round(bytes / 1e6))} MB`;
}
