/** The examples of the man pages, by page. Each line stands in the guide, whose tests run it. */

export interface Example {
  readonly what: string;
  readonly lines: readonly string[];
}

const login = '-h db.example.org -p 5432 -U backup';
const segment = '000000010000000000000002';

export const manExamples: Readonly<Record<string, readonly Example[]>> = {
  gs_basebackup: [
    {
      what: 'A plain backup, which a server can start from, and its proof:',
      lines: [`gs_basebackup ${login} -D /backups/monday -c fast`, 'gausskeep verify /backups/monday'],
    },
    {
      what: 'A backup as tar files, compressed:',
      lines: [`gs_basebackup ${login} -D /backups/tuesday -F tar -z -c fast`],
    },
    {
      what: 'One stream to another program:',
      lines: [`gs_basebackup ${login} -D - -F tar -X fetch -c fast | gzip > /backups/piped.tar.gz`],
    },
    {
      what: 'What changed since another backup (PostgreSQL 17):',
      lines: [`gs_basebackup ${login} -D /backups/monday -c fast -i /backups/sunday/backup_manifest`],
    },
  ],
  gs_tar: [
    {
      what: 'Make a data directory out of a tar backup by hand:',
      lines: [
        'gs_tar -D /restored -F /backups/tuesday/base.tar.gz',
        'tar -xzf /backups/tuesday/pg_wal.tar.gz -C /restored/pg_wal',
      ],
    },
  ],
  gausskeep: [
    {
      what: 'Look at a server before its first backup, take the backup, prove it, and put it back on another port:',
      lines: [
        `gausskeep doctor ${login} -D /backups`,
        `gs_basebackup ${login} -D /backups/monday -c fast`,
        'gausskeep verify /backups/monday',
        'gausskeep restore --from /backups/monday --pgdata /restored --owner postgres --port 5433',
      ],
    },
  ],
  'gausskeep verify': [
    { what: 'Prove a backup:', lines: ['gausskeep verify /backups/monday'] },
    { what: 'The same for a program:', lines: ['gausskeep verify --json /backups/sunday'] },
  ],
  'gausskeep doctor': [
    {
      what: 'Is there what a backup into /backups needs:',
      lines: [`gausskeep doctor ${login} -D /backups`],
    },
    { what: 'With what was found sound:', lines: [`gausskeep doctor ${login} -v`] },
  ],
  'gausskeep restore': [
    {
      what: 'Show what would be done, and do it:',
      lines: [
        'gausskeep restore --from /backups/monday --pgdata /restored/data --owner postgres --plan',
        'gausskeep restore --from /backups/monday --pgdata /restored/data --owner postgres',
      ],
    },
    {
      what: 'A copy as of a restore point, from the backup that fits:',
      lines: [
        'gausskeep restore --archive /archive --backups /backups --pgdata /restored/data --owner postgres --port 5433 --target-name before_the_drop',
      ],
    },
  ],
  'gausskeep recover': [{ what: 'Behind a restore:', lines: ['gausskeep recover --pgdata /restored/data'] }],
  'gausskeep resume': [
    { what: 'When the paused copy is the right one:', lines: ['gausskeep resume --pgdata /restored/data'] },
  ],
  'gausskeep status': [{ what: '', lines: ['gausskeep status --pgdata /restored/data'] }],
  'gausskeep backup': [
    {
      what: 'Of a running server:',
      lines: [`gausskeep backup --repo /backups/repo --instance orders ${login} -c fast`],
    },
    {
      what: 'A backup that is in a directory already:',
      lines: ['gausskeep backup --repo /backups/repo --instance orders --from /backups/monday'],
    },
  ],
  'gausskeep export': [
    {
      what: '',
      lines: ['gausskeep export --repo /backups/repo --instance orders latest --to /backups/exported'],
    },
    {
      what: 'The same as tars:',
      lines: ['gausskeep export --repo /backups/repo --instance orders latest --to /backups/tars -F t'],
    },
  ],
  'gausskeep list': [{ what: '', lines: ['gausskeep list --repo /backups/repo'] }],
  'gausskeep expire': [
    {
      what: 'What would be removed, and the removal:',
      lines: [
        'gausskeep expire --repo /backups/repo --instance orders --keep-window 14d --keep-weekly 8 --dry-run',
        'gausskeep expire --repo /backups/repo --instance orders --keep-window 14d --keep-weekly 8',
      ],
    },
  ],
  'gausskeep pin': [
    {
      what: '',
      lines: ['gausskeep pin latest --repo /backups/repo --instance orders --until 2099-12-31 --reason audit'],
    },
  ],
  'gausskeep unpin': [{ what: '', lines: ['gausskeep unpin latest --repo /backups/repo --instance orders'] }],
  'gausskeep note': [
    { what: '', lines: ["gausskeep note latest 'before the migration' --repo /backups/repo --instance orders"] },
  ],
  'gausskeep condemn': [
    {
      what: '',
      lines: ["gausskeep condemn latest --repo /backups/repo --instance orders --reason 'rows are missing'"],
    },
  ],
  'gausskeep repo adopt': [
    { what: '', lines: ['gausskeep repo adopt /archive --repo /backups/repo --instance orders'] },
  ],
  'gausskeep repo copy': [
    {
      what: '',
      lines: [
        'gausskeep repo copy --repo /backups/repo --to /backups/safe --to-password-file /tools/password --dry-run',
        'gausskeep repo copy --repo /backups/repo --to /backups/safe --to-password-file /tools/password',
      ],
    },
  ],
  'gausskeep repo stats': [{ what: '', lines: ['gausskeep repo stats --repo /backups/repo'] }],
  'gausskeep repo check': [{ what: '', lines: ['gausskeep repo check --repo /backups/repo'] }],
  'gausskeep repo key': [
    {
      what: '',
      lines: [
        'gausskeep repo key add --repo /backups/safe --password-file /tools/password --new-password-file /tools/second',
        'gausskeep repo key list --repo /backups/safe --password-file /tools/second',
      ],
    },
  ],
  'gausskeep repo init': [
    { what: '', lines: ['gausskeep repo init /backups/repo'] },
    {
      what: 'An encrypted one, whose password is in a file:',
      lines: ['gausskeep repo init /backups/safe --encrypt --password-file /tools/password'],
    },
  ],
  'gausskeep window': [{ what: '', lines: ['gausskeep window --archive /archive --backups /backups'] }],
  'gausskeep wal init': [{ what: '', lines: ['gausskeep wal init /pgdata --archive /archive'] }],
  'gausskeep wal receive': [
    {
      what: 'Make a slot, and receive with it into an archive:',
      lines: [
        `gausskeep wal receive --create-slot --slot gausskeep ${login}`,
        `gausskeep wal receive --archive /archive --slot gausskeep ${login} \\`,
        '  --status-file receive.json -Z zstd -s 1 -v > receive.log 2>&1 &',
      ],
    },
  ],
  'gausskeep wal push': [
    {
      what: 'As the server is configured, in SQL:',
      lines: [
        "alter system set archive_command = '/usr/local/bin/gausskeep wal push %p --archive /archive --generation 1 -Z gzip';",
      ],
    },
  ],
  'gausskeep wal get': [
    {
      what: 'A server runs a script that ends with 1 only where the WAL is proved absent. Make it, and put the line that is printed into its configuration:',
      lines: ['gausskeep wal wrapper --archive /archive --generation 1 --output /tools/get-wal'],
    },
  ],
  'gausskeep wal status': [
    { what: 'A WAL receiver:', lines: ['gausskeep wal status receive.json'] },
    { what: 'What a server waits to have archived:', lines: ['gausskeep wal status /pgdata'] },
  ],
  'gausskeep wal cleanup': [
    {
      what: 'What would be removed:',
      lines: [`gausskeep wal cleanup ${segment} --archive /archive --generation 1 --dry-run`],
    },
  ],
  'gausskeep wal wrapper': [
    {
      what: '',
      lines: ['gausskeep wal wrapper --archive /archive --generation 1 --output /tools/get-wal'],
    },
  ],
  'gausskeep wal generation': [{ what: '', lines: ['gausskeep wal generation --archive /archive'] }],
  'gausskeep completion': [{ what: 'For bash, in ~/.bashrc:', lines: ['source <(gausskeep completion bash)'] }],
};
