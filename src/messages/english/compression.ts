export const compressionMessages = {
  'compression.bad-level': 'invalid compression level {level}: {codec} takes {lowest} to {highest}',
  'compression.damaged': 'damaged {codec} data: {reason}',
  'compression.truncated': '{codec} data ends early',
  'compression.truncated.hint': 'The file was not written or copied to its end. Take it from its source again.',
  'compression.trailing-data': 'there is data behind the end of the {codec} data',
  'compression.endless-zeros': 'damaged {codec} data: more than {limit} zeros behind its end',
  'compression.impossible-size': 'damaged {codec} data: a block of impossible size',
  'compression.checksum': 'damaged {codec} data: a checksum does not match',
  'compression.dictionary': 'the {codec} data needs a dictionary, which is not supported',
  'compression.codec-missing':
    '{codec} needs the npm package {package}, which is not installed or does not load: {reason}',
  'compression.codec-missing.hint': 'Install it beside gausskeep: npm install {package}',
} as const;
