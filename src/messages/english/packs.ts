export const packsMessages = {
  'packs.damaged': '"{object}" is damaged: {part} in it cannot be read',
  'packs.root': 'the root of the backup',
  'packs.records': 'a list of files',
  'packs.leaf': 'the block map of "{file}"',
  'packs.damaged-chunk': '"{object}" is damaged: the chunk at byte {offset} cannot be read',
  'packs.missing': '"{object}" is missing, which the backup needs',
  'packs.wrong-size':
    '"{object}" holds {actual} {actual|byte|bytes}, not the {expected} bytes that the backup needs: it was cut short, or another object lies in its place',
  'packs.no-size':
    '"{object}" was cut short or changed: no sound object has its size, and the backup needs {expected} bytes of it',
  'packs.damage.hint':
    'Use another backup: "gausskeep verify --repo --read-data" tells which are sound. Where a copy of the repository has this object as it was, put it back from there.',
  'packs.wrong-block': 'the content of "{file}" from byte {offset} on is not what was backed up: it is in "{object}"',
  'packs.too-short': 'the content of "{file}" ended after {actual} of {expected} bytes',
  'packs.too-long': 'the content of "{file}" goes on behind the {expected} bytes that were announced',
  'packs.long-name': 'a name of {length} bytes is too long for a repository: "{start}…"',
  'packs.newer': '"{object}" was written by a newer version of gausskeep: {part} in it cannot be read',
  'packs.bad-name': 'a repository cannot hold a file of the name "{name}"',
  'packs.too-many': 'the backup needs {packs} packs, which is more than a repository can list',
} as const;
