# What the Postfix tests share: the sender from scripts/lib/, and how a test says that it cannot run, or failed.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../../scripts/lib/common.sh"
. "$here/../../scripts/lib/packages.sh"
. "$here/../../scripts/lib/sender-root.sh"
. "$here/../../scripts/lib/postfix.sh"

fail() {
    echo "$*"
    exit 1
}

if ! is_root && ! sudo -n true 2>/dev/null; then
    echo "missing root, which a Postfix needs"
    exit 77
fi
