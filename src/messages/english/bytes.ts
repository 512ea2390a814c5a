export const bytesMessages = {
  'bytes.ended-early': 'input ended after {actual} of {expected} bytes while reading {what}',
} as const;
