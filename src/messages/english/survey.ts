export const surveyMessages = {
  'survey.unsound': '{name} is named as a segment, but is none: half-written, or of another instance',
  'survey.no-history': '{name} is missing: what this timeline comes from is not known',
  'survey.two-contents': 'two files of the same segment differ: {first}, and {second}',
  'survey.two-contents.hint':
    'They belong to different lines of WAL: a recovery lies between them. Leave out the place that does not belong to the backup.',
  'survey.other-instance': 'it is of another instance: {actual}, not {expected}',
  'survey.incremental': 'it is an incremental backup, from which no server starts by itself',
} as const;
