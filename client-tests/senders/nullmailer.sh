# nullmailer with its defaults. It knows one receiver, which gets its notices too.
one_receiver /etc/nullmailer /var/spool/nullmailer
printf 'mta.example.test\n' | tee /etc/nullmailer/me >/etc/nullmailer/helohost
printf '127.0.0.1 smtp --port=%s\n' "$FAKEMX_PORT" >/etc/nullmailer/remotes
mkdir -p /var/spool/nullmailer/queue /var/spool/nullmailer/tmp /var/spool/nullmailer/failed
[ -p /var/spool/nullmailer/trigger ] || mkfifo -m 0622 /var/spool/nullmailer/trigger
chown -R mail:root /var/spool/nullmailer
inject() {
    local from=$1
    shift
    nullmailer-inject -f "$from" "$@"
}
each_message inject
cd /
setpriv --reuid=mail --regid=mail --clear-groups nullmailer-send &
daemon=$!
until_empty ls /var/spool/nullmailer/queue
kill "$daemon"
