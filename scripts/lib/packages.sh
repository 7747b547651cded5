# Which Debian packages fakemx needs, and how missing ones get installed. Sourced after common.sh.

on_debian_12() { [ "$(. /etc/os-release && printf '%s' "$ID${VERSION_ID:-}")" = debian12 ]; }

# packages_for GROUP: build, test, sender, clients, lint, fuzz or package.
packages_for() {
    case $1 in
    build)
        printf '%s\n' g++ cmake ninja-build pkg-config libssl-dev liblua5.4-dev libsqlite3-dev libfmt-dev \
            libspdlog-dev libcli11-dev libgmime-3.0-dev libpsl-dev libldns-dev catch2
        # Debian 12 has Boost 1.74 as its default and 1.81 beside it; later releases have a newer default.
        if on_debian_12; then
            printf '%s\n' libboost1.81-dev libboost-json1.81-dev
        else
            printf '%s\n' libboost-dev libboost-json-dev
        fi
        ;;
    test)
        printf '%s\n' python3 curl openssl swaks libnet-ssleay-perl sqlite3 bind9-dnsutils python3-dkim
        # ci/format goes by the version of Debian 12 and skips itself where there is another.
        if on_debian_12; then printf '%s\n' clang-format; fi
        ;;
    sender) printf '%s\n' util-linux mount tar iproute2 ;;
    clients)
        printf '%s\n' python3 curl msmtp libio-socket-ssl-perl php-cli libphp-phpmailer libmail-java golang-go
        # Others than Debian's do as well.
        command -v javac >/dev/null || printf '%s\n' default-jdk-headless
        command -v npm >/dev/null || printf '%s\n' nodejs npm
        ;;
    lint) printf '%s\n' clang-format clang-tidy ;;
    fuzz) printf '%s\n' clang libclang-rt-dev ;;
    package) printf '%s\n' dpkg-dev ;;
    *) die "no such group of packages: $1" ;;
    esac
}

# missing_packages PACKAGE...: prints those that are not installed.
missing_packages() {
    local package
    for package in "$@"; do
        if ! dpkg-query -W -f='${db:Status-Abbrev}\n' "$package" 2>/dev/null | grep -q '^ii'; then
            printf '%s\n' "$package"
        fi
    done
}

apt_install() {
    local apt=(env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)
    local install=("${apt[@]}" install --yes --no-install-recommends "$@")
    # Without package lists, or with old ones, the first try fails at once: only then are new lists worth fetching.
    if ! as_root "${install[@]}" >/dev/null 2>&1 </dev/null; then
        as_root "${apt[@]}" update </dev/null || note "apt-get update reported a problem; trying what there is"
        as_root "${install[@]}" >/dev/null </dev/null
    fi
}

# setup_packages GROUP...: installs what those groups lack; silent and quick when nothing is missing.
setup_packages() {
    local group wanted=() missing
    for group in "$@"; do
        mapfile -t -O "${#wanted[@]}" wanted < <(packages_for "$group")
    done
    if ! command -v apt-get >/dev/null; then
        note "This is not Debian: the programs and libraries of these packages are needed: ${wanted[*]}"
        return 0
    fi
    mapfile -t missing < <(missing_packages "${wanted[@]}")
    if [ ${#missing[@]} -gt 0 ]; then
        say "installing ${missing[*]}"
        apt_install "${missing[@]}" || die "could not install ${missing[*]}"
    fi
}
