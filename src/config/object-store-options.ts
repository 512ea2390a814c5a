import type { OptionSpec } from './option-table.ts';

/** Where an object store is and how it is asked, beside `s3://BUCKET/PREFIX`; for every command that takes a place. */
export const s3Options: readonly OptionSpec[] = [
  { long: 's3-endpoint', argument: 'URL', help: 's3-help.endpoint' },
  { long: 's3-region', argument: 'NAME', help: 's3-help.region' },
  { long: 's3-style', argument: 'STYLE', values: ['path', 'virtual'], help: 's3-help.style' },
  { long: 's3-ca-file', argument: 'FILE', help: 's3-help.ca-file' },
  { long: 's3-credentials-file', argument: 'FILE', help: 's3-help.credentials-file' },
  { long: 's3-profile', argument: 'NAME', help: 's3-help.profile' },
  { long: 's3-allow-http', help: 's3-help.allow-http' },
];
