#!/bin/bash
# The first process of a private root: builds it, says so, and holds it open until its input ends. Started by
# sender-root.sh in a mount and a PID namespace of its own, so that when it ends (whatever ended the script that
# started it) the kernel ends everything inside and takes the mounts away.
#
# Arguments: a folder to mount in, the FIFO to report to, the archive that keeps what was installed, packages.
set -euo pipefail

dir=$1 report=$2 archive=$3
shift 3

# /proc still shows the namespace outside: this is the process id which others can see.
read -r pid _ </proc/self/stat

# In a plain chroot "/" is no mount point and cannot be made private.
mount --make-rprivate / 2>/dev/null || true

# Several tests may start at once on a machine where nothing is installed yet: one installs, the others wait for it.
if [ ! -s "$archive" ]; then
    exec 8>"$archive.lock"
    flock 8
    if [ -s "$archive" ]; then exec 8>&-; fi
fi

# On a tmpfs, because an overlay cannot be the upper layer of another one, as it would be inside most containers.
# Whatever "/" is: what is mounted below this is seen in here only.
mount --bind "$dir" "$dir"
mount --make-private "$dir"
mount -t tmpfs -o mode=0755 fakemx-sender "$dir"
mkdir "$dir/upper" "$dir/work" "$dir/root"
if [ -s "$archive" ]; then
    tar -x --xattrs --xattrs-include='*' -f "$archive" -C "$dir/upper"
fi
mount -t overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" fakemx-sender "$dir/root"

root=$dir/root
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"

# The overlay shows the root file system only: a resolv.conf that is mounted over it, or links into /run, is not seen.
if [ -e /etc/resolv.conf ]; then
    resolver=$(cat /etc/resolv.conf)
    rm -f "$root/etc/resolv.conf"
    printf '%s\n' "$resolver" >"$root/etc/resolv.conf"
fi
# Nothing that is installed in here may start by itself.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 0755 "$root/usr/sbin/policy-rc.d"

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

if [ ! -s "$archive" ]; then
    apt=(chroot "$root" apt-get -qq -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0)
    install=("${apt[@]}" install --yes --no-install-recommends "$@")
    {
        "${install[@]}" 2>/dev/null || { "${apt[@]}" update && "${install[@]}"; }
    } </dev/null >"$dir/install.log" 2>&1 || {
        cat "$dir/install.log" >&2
        exit 1
    }
    # Under another name first: an interrupted run leaves no half archive behind.
    tar -c --xattrs --xattrs-include='*' -f "$archive.$pid" -C "$dir/upper" \
        --exclude=./tmp --exclude=./run --exclude=./dev --exclude=./proc \
        --exclude=./var/cache/apt --exclude=./var/lib/apt/lists --exclude=./etc/resolv.conf .
    mv "$archive.$pid" "$archive"
    exec 8>&-
fi

exec 3>"$report"
# shellcheck disable=SC2016
exec chroot "$root" /bin/bash -c 'echo "ready $1" >&3; exec 3>&-; cd /; read -r _ || true' keeper "$pid"
