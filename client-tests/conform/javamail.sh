#!/bin/bash
# Runs JavaMail.java, whose class lies in the folder $1, once. No name server knows the host's name, which its certificate is for: a
# file says which address it has.
set -euo pipefail
printf '%s %s\n' "$FAKEMX_IP" "$FAKEMX_HOST" >"$FAKEMX_WORK/hosts"
# What it does by itself many times a second would be done many times in each virtual second.
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData -XX:+UnlockDiagnosticVMOptions -XX:GuaranteedSafepointInterval=0 \
    -XX:AsyncDeflationInterval=0 -Djdk.net.hosts.file="$FAKEMX_WORK/hosts" \
    -cp "$1:/usr/share/java/javax.mail.jar:/usr/share/java/javax.activation.jar" JavaMail
