# Shared by the scripts of this folder; sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools_dir=$root/build/tools

say() { printf '==> %s\n' "$*" >&2; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# The Node that setup put into build/tools comes before the machine's own.
if [ -d "$tools_dir/bin" ]; then PATH=$tools_dir/bin:$PATH; fi

# Runs a command quietly; its output is shown only when it fails.
quietly() {
  local what=$1 log
  shift
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    fail "$what failed; the lines above say why."
  fi
  rm -f "$log"
}
