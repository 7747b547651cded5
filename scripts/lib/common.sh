# What every script shares: where things are, how to speak, how to become root, how to wait without guessing.
# Sourced, never run.

project_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache_dir=${FAKEMX_CACHE:-$project_root/build/senders}

say() { printf '%s\n' "$*"; }
note() { printf '%s\n' "$*" >&2; }
die() {
    note "$(basename "$0"): $*"
    exit 3
}

# jobs: how many compile at once. FAKEMX_JOBS, or one per core.
jobs() { printf '%s\n' "${FAKEMX_JOBS:-$(nproc)}"; }

is_root() { [ "$(id -u)" -eq 0 ]; }

# as_root COMMAND...: runs it as root, through sudo where needed.
as_root() {
    if is_root; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -- "$@"
    else
        die "this step needs root, and there is no sudo: $*"
    fi
}

# wait_until SECONDS COMMAND...: tries COMMAND every 50 ms until it succeeds; 1 if it never does.
wait_until() {
    local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
    shift
    until "$@"; do
        [ "${EPOCHREALTIME/[.,]/}" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# gone PID: that process has ended (or was never ours to see).
gone() { [ ! -e "/proc/$1" ] || [ "$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null || echo Z)" = Z ]; }

# scratch NAME: sets the variable NAME to a new temporary folder, removed when the script ends.
scratch_dirs=()
scratch() {
    local scratch_made
    scratch_made=$(mktemp -d "${TMPDIR:-/tmp}/fakemx.XXXXXX")
    scratch_dirs+=("$scratch_made")
    printf -v "$1" '%s' "$scratch_made"
}

# at_exit COMMAND: runs when the script ends, last registered first.
exit_commands=()
at_exit() { exit_commands+=("$1"); }
run_exit_commands() {
    local status=$? i
    set +e
    for ((i = ${#exit_commands[@]} - 1; i >= 0; i--)); do
        eval "${exit_commands[i]}"
    done
    for i in "${scratch_dirs[@]}"; do
        # Never into something that is still mounted in there.
        rm -rf --one-file-system "$i" 2>/dev/null || as_root rm -rf --one-file-system "$i"
    done
    exit "$status"
}
trap run_exit_commands EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
