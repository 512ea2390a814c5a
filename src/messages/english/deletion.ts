/** Deletions that a storage refuses to whoever removes. */
export const deletionMessages = {
  'deletion.refused': 'these credentials may not delete below "{folder}" of {place}: nothing was removed there',
  'deletion.refused.hint':
    'Nothing was changed. Run it with those that may: DeleteObject, in a bucket with versions DeleteObjectVersion and ListBucketVersions. The guide to object storage shows the policies.',
  'deletion.refused-midway':
    '{what}; before that {takenOff} {takenOff|backup was|backups were} taken off the catalogue, and {deleted} {deleted|backup|backups} deleted that had been taken off earlier',
  'deletion.refused-midway.hint':
    'Those are off for good. What is left of them is removed by the next expire with credentials that may delete.',
  'deletion.dry':
    'These credentials may not delete below "{folder}": with them the run itself would refuse, and change nothing.',
} as const;
