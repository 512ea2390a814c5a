export const bytesMessages = {
  'bytes.ended-early': 'input ended after {actual} of {expected} bytes while reading {what}',
  'bytes.member-header': 'a member header',
  'bytes.extended-header': 'an extended header',
} as const;
