export const sealedMessages = {
  'sealed.bad-size': '"{name}" is damaged: no sound object has its size of {size} bytes',
  'sealed.changed-content': 'what is to be stored as "{name}" changed while it was being stored',
  'sealed.failed-check':
    '"{name}" is damaged, or another object lies in its place: from byte {offset} on it fails its check',
  'sealed.long-name': 'object name "{name}" is too long for an encrypted repository',
  'sealed.long-name.hint':
    'Between two "/" there can be at most 128 bytes, and fewer than 20 such parts: encrypted, names are longer.',
  'sealed.no-header': '"{name}" is damaged, or another object lies in its place: it does not begin as it should',
} as const;
