export const unpackMessages = {
  'unpack.destination-failed': 'destination dir "{path}" failed: {reason}',
  'unpack.destination-failed.hint': 'Create the directory first; it must be empty.',
  'unpack.destination-not-empty': 'destination dir "{path}" no empty.',
  'unpack.destination-not-empty.hint': 'Give a directory that holds nothing, hidden files and links included.',
  'unpack.file-failed': 'could not open archive "{path}": {reason}',
  'unpack.not-a-file': 'archive "{path}" is not a file',
  'unpack.member-type': 'refused archive member "{member}": a {type} does not belong into a backup',
  'unpack.link-outside': 'refused archive member "{member}": a link to "{target}", outside of the target directory',
  'unpack.duplicate': 'refused archive member "{member}": the archive holds it twice',
  'unpack.hostile.hint':
    'An honest backup never holds such a member. Nothing was written outside the target directory.',
  'unpack.map-too-large': 'tablespace_map is larger than {limit} bytes',
  'unpack.tablespace-line':
    'tablespace_map: tablespace {oid} is at "{location}" on the source; before the first start edit this line of "{file}" to the directory that {oid}.tar was unpacked into',
  'unpack.tablespace-link':
    'link pg_tblspc/{oid} leads to "{location}" on the source; before the first start point it to the directory that {oid}.tar was unpacked into',
  'unpack.wal-link': 'the source keeps its WAL at "{target}"; here {member} is a directory of its own',
  'unpack.created': 'created "{member}", which tells the server to make its double-write files anew',
  'unpack.dropped': 'left out "{member}", a double-write file that is worth nothing in a copy',
} as const;
