export const optionsMessages = {
  'options.try-help': 'Try "{program} --help" for more information.',
  'options.unknown': 'unrecognized option "{option}"',
  'options.ambiguous': 'option "{option}" is ambiguous; it could be {candidates}',
  'options.needs-value': 'option "{option}" requires an argument',
  'options.takes-no-value': 'option "{option}" does not take an argument',
  'options.secret-after':
    'option "{option}" takes no value: the password is asked for on the terminal, never given on the command line',
  'options.not-utf8': 'the argument "{word}" is not valid UTF-8: name the file by another path, such as a link to it',
  'options.too-many': 'too many command-line arguments (first is "{word}")',
  'options.too-many-hidden':
    'too many command-line arguments (not shown: a connection string with blanks needs quotes around all of it)',
  'options.bad-integer': 'invalid {what} "{text}": a whole number between {low} and {high} is expected',
  'options.bad-size': 'invalid size "{text}" for {option}',
  'options.bad-size.hint': 'It is a whole number with B, kB, MB, GB or TB, for example 512MB.',
  'options.bad-rate': 'transfer rate "{text}" is not a valid value',
  'options.bad-rate-unit': 'invalid --max-rate unit: "{unit}"',
  'options.zero-rate': 'transfer rate must be greater than zero',
  'options.rate-range': 'transfer rate "{text}" is out of range: 32 kB/s to 1 GB/s',
  'options.bad-progress': 'invalid progress style "{text}", must be "json"',
  'options.password-prompt': 'Password: ',
  'options.password-conflict': 'options -w/--no-password and -W/--password cannot be used together',
} as const;
