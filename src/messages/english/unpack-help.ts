export const unpackHelpMessages = {
  'unpack.help.what':
    '{program} unpacks an archive of a base backup: of the original gs_basebackup or of this one, plain or compressed.',
  'unpack.help.usage': '\nUsage:\n  {program} -D DIRECTORY -F FILE',
  'unpack.help.options': 'Options:',
  'unpack.help.destination': 'unpack into this directory, which exists and is empty',
  'unpack.help.filename': 'the archive, for example base.tar or 16421.tar.gz',
  'unpack.help.no-sync': 'do not wait for changes to be written safely to disk',
  'unpack.help.version': 'output version information, then exit',
  'unpack.help.help': 'show this help, then exit',
  'unpack.options-required': '-D option and -F option are required.',
} as const;
