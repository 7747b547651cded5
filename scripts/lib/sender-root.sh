# A private root for a mail server under test, so that a real Postfix (or Exim, ...) can be installed and run without
# touching the machine: an overlay of "/" in a mount and a PID namespace of its own, filled by apt, thrown away at the
# end. What apt installed is kept as one archive in the cache, so only the first run fetches anything.
#
#   sender_open postfix postfix      a root named "postfix" holding the package "postfix"
#   sender_exec COMMAND...           runs inside, as root
#   sender_close                     ends everything inside
#
# Where mounting is not permitted (an unprivileged container), the package is installed on the machine itself, without
# being started, and only if no other mail server is there; that is said aloud. Sourced after common.sh.

. "$project_root/scripts/lib/packages.sh"

sender_mode=closed # closed, private, or machine
sender_pid=
sender_dir=

# The keeper's input is this shell's descriptor 9 and nobody else's: when the shell goes, the root goes. Every program
# that a script starts and leaves running must be started with 9>&-.

sender_sudo() { is_root || printf 'sudo --'; }

# In a plain chroot "/" is not a mount point, and unshare cannot change how mounts under it propagate.
sender_propagation() {
    if as_root unshare --mount true 2>/dev/null; then echo private; else echo unchanged; fi
}

sender_can_mount() {
    local dir status=0
    [ -e /proc/self/stat ] || die "/proc is not mounted"
    scratch dir
    # shellcheck disable=SC2016
    as_root unshare --mount --pid --fork --propagation "$(sender_propagation)" sh -c '
        mount --make-rprivate / 2>/dev/null
        mount -t tmpfs tmpfs "$1" && mkdir "$1/upper" "$1/work" "$1/root" &&
        mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root" &&
        mount -t proc proc "$1/root/proc"
        status=$?
        umount "$1/root/proc"; umount "$1/root"; umount "$1"
        exit $status' probe "$dir" >/dev/null 2>&1 || status=1
    return "$status"
}

# sender_open NAME PACKAGE...
sender_open() {
    if sender_can_mount; then
        sender_open_private "$@"
    else
        shift
        sender_open_machine "$@"
    fi
}

# sender_open_private NAME PACKAGE...: a private root or nothing. What is installed on the machine does not matter: apt
# takes away in there what conflicts.
sender_open_private() {
    local name=$1
    shift
    local archive=$cache_dir/$name.tar report answer=
    if [ ! -s "$archive" ]; then
        say "installing $* into a private root (once; kept as $archive)"
    fi
    # Made here and not by the keeper: what root makes, its owner could not build in.
    mkdir -p "$cache_dir"
    scratch sender_dir
    mkdir "$sender_dir/mnt"
    report=$sender_dir/report
    mkfifo "$report"
    # shellcheck disable=SC2046
    exec 9> >($(sender_sudo) unshare --mount --pid --fork --kill-child --propagation "$(sender_propagation)" \
        "$project_root/scripts/lib/sender-keeper.sh" "$sender_dir/mnt" "$report" "$archive" "$@" >&2 ||
        echo failed >"$report")
    at_exit sender_close
    # Opened for writing too, so that this does not wait for the other end to be opened.
    read -r -t 300 answer <>"$report" || true
    rm "$report"
    case $answer in
    ready*) sender_pid=${answer#ready } sender_mode=private ;;
    *) die "cannot build a private root with: $*" ;;
    esac
}

sender_open_machine() {
    local package missing=()
    for package in "$@"; do
        dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        local other
        other=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package} ${Provides}\n' 2>/dev/null |
            awk '$1 == "ii" && / mail-transport-agent/ { print $2; exit }')
        [ -z "$other" ] || die "mounting is not permitted here, and $other is installed: cannot install ${missing[*]}"
        say "mounting is not permitted here: installing ${missing[*]} on this machine, without starting it"
        local policy=/usr/sbin/policy-rc.d
        if [ ! -e $policy ]; then
            printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
            as_root chmod 0755 $policy
            at_exit "as_root rm -f $policy"
        fi
        apt_install "${missing[@]}"
    fi
    scratch sender_dir
    sender_mode=machine
    at_exit sender_close
}

sender_exec() {
    local environment=(env LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
    case $sender_mode in
    private) as_root nsenter --target "$sender_pid" --mount --pid --root --wd -- "${environment[@]}" "$@" 9>&- ;;
    machine) as_root "${environment[@]}" "$@" ;;
    *) die "no root is open for: $*" ;;
    esac
}

sender_close() {
    local mode=$sender_mode
    sender_mode=closed
    case $mode in
    private)
        exec 9>&-
        wait_until 10 gone "$sender_pid" || as_root kill -KILL "$sender_pid"
        ;;
    *) exec 9>&- ;;
    esac
}
