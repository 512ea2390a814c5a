":" /* # For sh: what follows up to exec. Node reads all of it as a comment.
# `wal get` is a restore_command: only our 0 is 0, and only our "proved absent" is 1. Node ends with 1, 9 and others when it
# cannot start or dies, which a server would take for the end of the archive. Who names --absent-status tells them apart itself.
# `wal push --async` is answered here where the process that pushes says that this very file is in the archive (docs/design/wal-push-async.md):
# that it lives, is the one that wrote this, was called alike, and the file is the one that it read. For what is on its way it waits 2 s.
# (No star before a slash: that would end the comment.)
answered() {
  [ "$2" = push ] && [ -r /proc/self/stat ] || return 1
  words="$*" file=$3 name=${3##*[/]} spool=$GAUSSKEEP_SPOOL before=
  for word; do
    # Words are compared as one text.
    case "$before=$word" in
      *=*" "*) return 1 ;;
      --spool=*) spool=$word ;;
      *=--spool=*) spool=${word#*=} ;;
    esac
    before=$word
  done
  here=$(pwd -P)
  spool=${spool:-$here.gausskeep-spool}
  spool=${spool%/}
  # Of this account, and no way to elsewhere.
  own() { [ -O "$1" ] && [ ! -L "$1" ]; }
  own "$spool" || return 1
  for note in "$spool"/[0-9a-f]*"/$name.now"; do
    [ -f "$note" ] && own "$note" && own "${note%/*}" || continue
    looks=0
    while :; do
      { IFS=' ' read -r pid start && IFS= read -r facts && IFS= read -r call && IFS= read -r place; } <"$note" || break
      [ "$call" = "$words" ] && [ "$place" = "$here" ] || break
      read -r stat <"/proc/$pid/stat" || break
      # shellcheck disable=SC2086 -- words are wanted
      set -- ${stat##*) }
      # Dead, or stopped: one that does not go on takes nothing back.
      case "$1" in Z | T | t) break ;; esac
      [ "${20}" = "$start" ] || break
      if [ -n "$facts" ]; then
        [ "$(stat -L -c '%d %i %s %.9Y %.9Z' -- "$file")" = "$facts" ] || break
        echo "$name" >"${note%/*}/called" && return 0
        break
      fi
      # On its way: to wait here costs less than to start node.
      looks=$((looks + 1))
      [ $looks -le 100 ] && sleep 0.02 || break
    done
  done
  return 1
}
case "$1 $2 $*" in
  "wal push "*" --async"*) answered "$@" 2>/dev/null && exit 0 ;;
esac
# What connects to nothing needs no certificates, and Node reads those of NODE_EXTRA_CA_CERTS at its start: 70 ms for the file of a
# distribution, a third of a `wal push`. A password command that they run finds them again, see readRepositoryPassword.
case "$0:$1 $2" in
  *":wal push" | *":wal get" | *":verify "* | *":restore "* | *":--help "* | *":--version "* | *":-V "* | *pg_verifybackup:*)
    if [ -n "$NODE_EXTRA_CA_CERTS" ]; then
      export GAUSSKEEP_EXTRA_CA_CERTS="$NODE_EXTRA_CA_CERTS"
      unset NODE_EXTRA_CA_CERTS
    fi
    ;;
esac
# Flushes of many files that wait at the same time become one; Node's pool has 4 threads unless its environment says more at the start.
case "$1 " in
  "restore ") export UV_THREADPOOL_SIZE="${UV_THREADPOOL_SIZE:-16}" ;;
esac
# A backup into a repository, and a restore out of one, have some threads and much memory that they use again and again: what is left behind by them is thrown
# away at 3 MiB instead of 48, and the C library keeps one heap for all threads instead of eight.
case "$1 $GAUSSKEEP_REPO $* " in
  "backup "* | "restore "*" --repo"* | "restore "?*" restore "*)
    export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-1}"
    exec node --max-semi-space-size=1 "$0" "$@"
    ;;
esac
case "$1 $2 $*" in
  "wal get "*" --ab"*) ;;
  "wal get "*)
    shift 2
    node "$0" wal get --absent-status 99 "$@"
    case $? in
      0) exit 0 ;;
      99) exit 1 ;;
      *) exit 126 ;;
    esac
    ;;
esac
exec node "$0" "$@"
*/
