export const serverMessages = {
  'server.no-standby': '-R is not for openGauss and MogDB: their standbys are not made from base backups',
  'server.no-standby.hint': 'Make the standby with "gs_ctl build".',
  'server.unsupported': '{product} {version} is not supported',
  'server.unsupported.hint':
    'Supported are PostgreSQL {oldest} to {newest}, openGauss 1.0 to 6.0, and products built on openGauss such as MogDB.',
  'server.unrecognised': 'the server calls itself version {version} and could not be recognised',
  'server.unrecognised.hint':
    'Neither did it negotiate the protocol as PostgreSQL does, nor answer IDENTIFY_VERSION as openGauss does. A pooler or proxy between cannot carry a backup: connect to the server itself.',
  'server.control-short': 'the control file has {length} bytes, at least {needed} are needed',
  'server.control-byte-order': 'the control file has another byte order than this machine can use',
  'server.control-version': 'the control file has version {version}, which is not known',
  'server.control-version.hint':
    'Known are openGauss (923) and PostgreSQL 10 to 18. PostgreSQL 9.2 to 9.6 is too old; a newer server needs a newer gausskeep.',
  'server.control-checksum': 'the control file is damaged: its checksum is {actual}, computed {expected}',
  'server.control-checksum.hint':
    'If the server is running, the file may have been read while it was written: read it again. In a backup it means that the backup is damaged.',
} as const;
