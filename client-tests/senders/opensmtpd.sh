# OpenSMTPD, whose schedule cannot be configured.
cat >/etc/smtpd.conf <<CONF
action "out" relay host smtp://127.0.0.1:$FAKEMX_PORT
action "notices" relay host smtp://127.0.0.1:$notices_port
match from local for domain "example.test" action "notices"
match from local for any action "out"
CONF
printf 'mta.example.test\n' >/etc/mailname
smtpd -d -v -f /etc/smtpd.conf &
daemon=$!
until smtpctl show status >/dev/null 2>&1; do sleep 0.1; done
inject() {
    local from=$1
    shift
    /usr/sbin/sendmail -f "$from" "$@"
}
each_message inject
until_empty smtpctl show queue
kill "$daemon"
