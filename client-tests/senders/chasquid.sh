# chasquid, which is written in Go.
# refused: go_program
mkdir -p /run/chasquid/certs/mta.example.test /run/chasquid/domains/example.test /run/chasquid/data
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=mta.example.test -keyout /run/chasquid/certs/mta.example.test/privkey.pem \
    -out /run/chasquid/certs/mta.example.test/fullchain.pem 2>/dev/null
cat >/run/chasquid/chasquid.conf <<CONF
hostname: "mta.example.test"
data_dir: "/run/chasquid/data"
submission_address: "127.0.0.1:0"
mail_log_path: "<stderr>"
CONF
chasquid -config_dir /run/chasquid
