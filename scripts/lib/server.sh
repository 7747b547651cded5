# The program itself, from a script's point of view: where it is, starting it, ending it. Sourced after common.sh.

# fakemx_binary: FAKEMX, or the build of the presets in the order in which developers use them.
fakemx_binary() {
    local candidate
    if [ -n "${FAKEMX:-}" ]; then
        realpath "$FAKEMX"
        return
    fi
    for candidate in "$project_root"/build/{dev,release}/bin/fakemx; do
        if [ -x "$candidate" ]; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    die "fakemx is not built yet: cmake --workflow --preset dev"
}

# server_start PROFILE [OPTION...]: serves on a free port of 127.0.0.1; sets server_pid, server_port and server_log.
server_start() {
    local dir ready
    scratch dir
    ready=$dir/ready.json server_log=$dir/server.log
    "$(fakemx_binary)" serve "$@" --listen 127.0.0.1:0 --ready-file "$ready" </dev/null >"$server_log" 2>&1 9>&- &
    server_pid=$!
    at_exit server_stop
    server_is_up_or_gone() { [ -e "$ready" ] || gone "$server_pid"; }
    if ! wait_until 30 server_is_up_or_gone || [ ! -e "$ready" ]; then
        cat "$server_log" >&2
        die "fakemx does not start"
    fi
    server_port=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["smtp"][0]["port"])' "$ready")
}

# server_stop: asks the server to end; its exit status is the function's.
server_stop() {
    [ -n "${server_pid:-}" ] || return 0
    local pid=$server_pid
    server_pid=
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid"
}
