/**
 * Lines of sh for a restore_command: a function `ahead`, called with all words of `wal get` from the name on, which gives the server what `noteAhead` says was fetched
 * for it, and fails where anything is otherwise. Start of node, 0.1 s of CPU for each segment, is most of what a recovery waits for that is not its own work.
 * It believes a note that is its account's own, of a process that lives, for the same run of the server and the same words, about a file that was not changed since.
 * What it gives is not written to a log: where one is asked for it leaves all to node.
 * @param spool absolute path, quoted for sh
 */
export function aheadLines(spool: string): string[] {
  return `
ahead() {
  [ -r /proc/self/stat ] && [ -r postmaster.pid ] || return 1
  name=$1 target=$2
  shift
  call=$* here=$(pwd -P) nl='
'
  case "$call" in *--log-file* | *--verbose*) return 1 ;; esac
  { read -r first && read -r _ && read -r began; } <postmaster.pid || return 1
  for note in ${spool}/*/"$name.now"; do
    looks=0
    while [ -f "$note" ] && [ -O "$note" ]; do
      {
        IFS=' ' read -r pid start && IFS= read -r server && IFS= read -r place && IFS= read -r words && IFS= read -r waiting && IFS= read -r facts
      } <"$note" || break
      [ "$server" = "$first $began" ] && [ "$place" = "$here" ] && [ "$words" = "$call" ] || break
      read -r stat <"/proc/$pid/stat" || break
      # shellcheck disable=SC2086 -- words are wanted
      set -- \${stat##*) }
      [ "\${20}" = "$start" ] && [ "$1" != Z ] || break
      if [ -n "$waiting" ]; then
        found=\${note%/*}/$waiting
        both=$(stat -L -c '%d %i %s %.9Y %.9Z' -- "$found" "\${target%/*}") || break
        directory=\${both#*"$nl"}
        [ "\${both%%"$nl"*}" = "$facts" ] && [ "\${directory%% *}" = "\${facts%% *}" ] || break
        # First: whoever fetches ahead is not to fetch it again.
        printf '%s' "$name" >"\${note%/*}/asked"
        mv -f -- "$found" "$target" || break
        return 0
      fi
      # On its way: to wait here costs less than to start node.
      looks=$((looks + 1))
      [ $looks -le 100 ] && sleep 0.02 || break
    done
  done
  return 1
}`
    .trim()
    .split('\n');
}
