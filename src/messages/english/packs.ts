export const packsMessages = {
  'packs.damaged': '"{object}" is damaged: {part} in it cannot be read',
  'packs.root': 'the root of the backup',
  'packs.records': 'a list of files',
  'packs.leaf': 'the block map of "{file}"',
  'packs.damaged-chunk': '"{object}" is damaged: the chunk at byte {offset} cannot be read',
  'packs.missing': '"{object}" is missing, which the backup needs',
  'packs.wrong-block': 'the content of "{file}" from byte {offset} on is not what was backed up: it is in "{object}"',
  'packs.too-short': 'the content of "{file}" ended after {actual} of {expected} bytes',
  'packs.too-long': 'the content of "{file}" goes on behind the {expected} bytes that were announced',
  'packs.too-large': '"{file}" of {size} bytes is too large for a repository',
  'packs.long-name': 'a name of {length} bytes is too long for a repository: "{start}…"',
} as const;
