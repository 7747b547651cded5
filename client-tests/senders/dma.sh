# dma, which has no daemon: a process for each message sleeps and tries, at times of its own chance. With the argument `same-chance` that
# chance, which it takes from /dev/urandom, is always the same.
if [ "${1:-}" = same-chance ]; then
    printf 'fakemx' >/run/octets
    # In this mount namespace only.
    mount --bind /run/octets /dev/urandom
fi
printf 'SMARTHOST 127.0.0.1\nPORT %s\nMAILNAME mta.example.test\n' "$FAKEMX_PORT" >/etc/dma/dma.conf
mkdir -p /var/spool/dma
inject() {
    local from=$1
    shift
    /usr/sbin/dma -f "$from" "$@"
}
each_message inject
queued() { /usr/sbin/dma -bp | grep '@163.com' || true; }
until_empty queued
