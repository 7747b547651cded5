# An Exim daemon with Debian's retry rules and queue interval. `mx`: it looks for MX hosts.
route="driver = manualroute
  route_list = * \"127.0.0.1::$FAKEMX_PORT\" byname
  self = send"
if by_names "$@"; then
    route="driver = dnslookup"
fi
cat >/etc/exim4/exim4.conf <<CONF
primary_hostname = mta.example.test
qualify_domain = example.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = 0
disable_ipv6 = true
dns_ipv4_lookup = *
host_lookup =
tls_advertise_hosts =
never_users =
begin routers
known:
  driver = manualroute
  route_data = \${lookup{\$domain}lsearch{/etc/exim4/routes}}
  self = send
  transport = out
all:
  $route
  transport = out
begin transports
out:
  driver = smtp
  hosts_try_dane =
begin retry
*  *  F,2h,15m; G,16h,1h,1.5; F,4d,6h
CONF
# Each by a name of its own: it takes hosts with one name or address for one host, whatever their ports, and sends over the connection to one
# of them what is for another.
: >/etc/exim4/routes
while IFS=$'\t' read -r domain ip port; do
    printf '%s %s\n' "$ip" "$domain" >>/etc/hosts
    printf '%s: "%s::%s" byname\n' "$domain" "$domain" "$port" >>/etc/exim4/routes
done <$routes
chmod 0644 /etc/exim4/exim4.conf /etc/exim4/routes
inject() { exim4 -odf -i -f "$@"; }
each_message inject
exim4 -bdf -oX '' -q30m &
daemon=$!
until_empty exim4 -bpr
kill "$daemon"
