# OpenSMTPD, whose schedule cannot be configured. `mx`: it looks for MX hosts.
others=" host smtp://127.0.0.1:$FAKEMX_PORT"
if by_names "$@"; then others=; fi
{
    each_route 'action "%s" relay host smtp://%s:%s\n'
    printf 'action "others" relay%s\n' "$others"
    cut -f 1 $routes | while read -r domain; do printf 'match from local for domain "%s" action "%s"\n' "$domain" "$domain"; done
    printf 'match from local for any action "others"\n'
} >/etc/smtpd.conf
printf 'mta.example.test\n' >/etc/mailname
smtpd -d -v -f /etc/smtpd.conf &
daemon=$!
until smtpctl show status >/dev/null 2>&1; do sleep 0.1; done
inject() {
    local from=$1
    shift
    /usr/sbin/sendmail -i -f "$from" "$@"
}
each_message inject
until_empty smtpctl show queue
kill "$daemon"
