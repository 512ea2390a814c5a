/** What the blocks of the documentation that cannot be run as they stand find in its place: npm, gs_guc, the clock of cron. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Programs for the front of a PATH. */
export function writeStandIns(directory: string, { prefix, programs }: { prefix: string; programs: string }): string {
  mkdirSync(directory, { recursive: true });
  mkdirSync(join(prefix, 'bin'), { recursive: true });
  mkdirSync(join(directory, 'system'), { recursive: true });
  const scripts = {
    // `npm ci` has been done where this runs; what is installed are the built programs.
    npm: `case "$*" in
      ci) ;;
      "prefix -g") echo '${prefix}' ;;
      "install -g .") for p in gs_basebackup gs_tar gausskeep; do ln -sf "${programs}/$p" '${prefix}/bin/'; done ;;
      test | "run "*) node -e 'if (!require("./package.json").scripts[process.argv[1]]) process.exit(1)' "\${2-test}" ;;
      *) echo "npm $*: unknown" >&2; exit 1 ;;
    esac`,
    // Nothing is started: test/e2e/receive-service.test.ts does that with the same unit.
    systemctl: `case "$*" in
      daemon-reload) ;;
      "enable --now "*@main) [ -f '${directory}/system/'"\${3%main}.service" ] ;;
      *) echo "systemctl $*: unknown" >&2; exit 1 ;;
    esac`,
    // As the real one: the setting goes to postgresql.conf.
    gs_guc: `[ "$1 $2 $4" = "reload -D -c" ] || exit 1
    echo "$5" >> "$3/postgresql.conf"`,
    // Each call is a second later than the one before, on one day.
    date: `n=$(cat '${directory}/clock' 2>/dev/null || echo 0)
    echo $((n + 1)) > '${directory}/clock'
    exec /bin/date -d "2026-01-02 03:00:00 UTC + $n seconds" "$@"`,
  };
  for (const [name, text] of Object.entries(scripts)) writeScript(join(directory, name), text);
  return directory;
}

export function writeScript(path: string, text: string): void {
  writeFileSync(path, text.startsWith('#!') ? `${text}\n` : `#!/bin/bash\n${text}\n`);
  chmodSync(path, 0o755);
}
