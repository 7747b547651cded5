# Postfix with its default queue settings. `mx`: it looks for MX hosts.
route=smtp:[127.0.0.1]:$FAKEMX_PORT names=disabled own=127.0.0.1
if by_names "$@"; then
    route=smtp names=enabled
    # Whatever is at port 25 of its own address it takes for itself, and the host for notices is at 127.0.0.1: its own is where its connections come from.
    own=$(ip -4 route get "$FAKEMX_IP" | sed -n 's/.* src \([^ ]*\).*/\1/p')
fi
cat >/etc/postfix/main.cf <<CONF
compatibility_level = 3.6
myhostname = mta.example.test
mydestination = localhost
inet_interfaces = $own
inet_protocols = ipv4
maillog_file = /var/log/postfix.log
alias_maps =
alias_database =
local_recipient_maps =
default_transport = $route
transport_maps = texthash:/etc/postfix/routes
smtp_dns_support_level = $names
smtp_tls_security_level = may
smtp_tls_CAfile = /run/fakemx/ca.pem
CONF
each_route '%s smtp:[%s]:%s\n' >/etc/postfix/routes
[ -e /etc/postfix/master.cf ] || cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf
postconf -MX smtp/inet 2>/dev/null || true
postconf -F '*/*/chroot=n'
touch /etc/postfix/dynamicmaps.cf
postfix start
inject() { sendmail -i -f "$@"; }
each_message inject
until_empty postqueue -j
postfix stop || true
