/** Repositories of backups; keys sorted by area: `packs.`, `repo.`, `retention.`, `sealed.` */
export const repositoryMessages = {
  'retention.bad-count': 'a rule of retention keeps {given} backups: it must be a whole number from 1 to {highest}',
  'retention.bad-time': 'a rule of retention keeps {given} ms: it must be a number of milliseconds from 0 to {highest}',
  'retention.no-rules': 'no rule of retention says what to keep',
  'retention.no-rules.hint':
    'Nothing was removed. Name at least one of --keep-last, --keep-within, --keep-window, --keep-daily, --keep-weekly, --keep-monthly, --keep-yearly.',
} as const;
