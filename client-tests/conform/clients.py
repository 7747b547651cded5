#!/usr/bin/env python3
"""The real senders that `fakemx conform` judges here: what each needs, how it is called and what version it is.

    client-tests/conform/clients.py                    all of them, and what is missing of each
    client-tests/conform/clients.py NAME [SCENARIO...] builds what its driver needs, and prints the command that takes it through the pack, or
                                                       through these scenarios, as in $(client-tests/conform/clients.py curl odd-replies)

A client of the kind "library" or "mua" has a driver in this folder, which is called once for each message. One of the kind "mta" runs in
a private root, as client-tests/senders has it.
"""

import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SENDERS = HERE.parent / "senders"
# What drivers are built into, and what was installed for them.
MADE = ROOT / "build" / "scoreboard" / "made"
PACK = ROOT / "profiles" / "conformance"
ARCHIVES = ROOT / "build" / "senders"
# A network with the addresses of the scenarios that are about names.
NETWORK = [str(ROOT / "scripts" / "in-namespace"), *(word for n in range(1, 19) for word in ("--address", f"192.0.2.{n}")),
           "--source", "192.0.2.100", "--"]
NODEMAILER = "10.6.0"
JAVA_LIBRARIES = ("/usr/share/java/javax.mail.jar", "/usr/share/java/javax.activation.jar")

@dataclass
class Client:
    name: str
    title: str
    command: list
    # Prints something with the version in it.
    version: list = field(default_factory=list)
    # Debian's package in whose archive the version stands.
    package: str = ""
    kind: str = "library"
    clock: str = "shared"
    # Programs and files without which there is no such client on this machine.
    needs: tuple = ()
    # What is made first (a path in MADE), and by which command.
    product: str = ""
    make: list = field(default_factory=list)
    # Of the scenarios that are on a shared clock because some senders come back after hours: those that take minutes for one that does not.
    by_the_wall: tuple = ()
    # Scenarios that it cannot be played, and why.
    leaves_out: dict = field(default_factory=dict)
    # Does it look for MX hosts? Then it is in a network of its own, where fakemx is the name server.
    finds_hosts: bool = False
    # What a reader of the board has to know.
    note: str = ""

    def missing(self):
        """What is not here; empty where it can run."""
        return [need for need in self.needs if not (Path(need).exists() if need.startswith("/") else shutil.which(need))]

    def prepare(self):
        """Makes what it needs; gives what is missing for that, or nothing."""
        if not self.make or (MADE / self.product).exists():
            return ""
        MADE.mkdir(parents=True, exist_ok=True)
        made = subprocess.run(self.make, cwd=MADE, capture_output=True, text=True, check=False)
        return "" if made.returncode == 0 else (made.stdout + made.stderr).strip().splitlines()[-1]

    def words(self):
        """What stands behind `fakemx conform`."""
        names = ["--dns", "127.0.0.1:53"] if self.finds_hosts else []
        pack = ["--pack", str(pack_by_the_wall(self.by_the_wall))] if self.by_the_wall else []
        return ["--sender", self.kind, "--clock", self.clock, *pack, *names, "--", *self.command]

    def scenarios(self, chosen):
        """What it is played of these, or of the whole pack; empty: everything."""
        if not self.leaves_out:
            return chosen
        return [one for one in chosen or sorted(path.stem for path in PACK.glob("*.lua")) if one not in self.leaves_out]

    def place(self):
        """What stands in front of it."""
        return NETWORK if self.finds_hosts else []

    def version_text(self):
        if self.package and not (MADE / self.product).exists():
            return "will be installed when it is needed"
        if self.package:
            return package_version(self.name, self.package)
        said = subprocess.run(self.version, capture_output=True, text=True, cwd=MADE if MADE.exists() else ROOT, check=False)
        found = re.search(r"\d+(\.\d+)+\S*", said.stdout + said.stderr)
        return found.group(0).rstrip(",") if found else "?"


def package_version(archive, package):
    """As the private root's own list of packages has it."""
    with tarfile.open(ARCHIVES / f"{archive}.tar") as files:
        member = next(one for one in files if one.name.removeprefix("./") == "var/lib/dpkg/status")
        status = files.extractfile(member).read().decode()
    paragraph = next(one for one in status.split("\n\n") if one.startswith(f"Package: {package}\n"))
    return re.search(r"^Version: (?:\d+:)?(\S+)", paragraph, re.M).group(1)


def pack_by_the_wall(scenarios):
    """A copy of the pack in which these need no shared clock."""
    folder = MADE / "pack-by-the-wall"
    folder.mkdir(parents=True, exist_ok=True)
    for path in PACK.glob("*.lua"):
        text = path.read_text()
        (folder / path.name).write_text(re.sub(r'^ *clock *= "shared",\n', "", text, flags=re.M) if path.stem in scenarios else text)
    return folder


def mail_server(name, title, package, finds_hosts=True, note="", leaves_out=()):
    return Client(name, title, [str(SENDERS / "run"), name, *(["mx"] if finds_hosts else [])], package=package, kind="mta",
                  finds_hosts=finds_hosts, note=note, leaves_out=dict(leaves_out), needs=("unshare", "apt-get", "ip"), product=str(ARCHIVES / f"{name}.tar"), make=[str(SENDERS / "prepare"), name])


TEN_MINUTES = "It has no timeout of its own; its driver gives it ten minutes for each reply."

SPINS = ("where the receiver closes while a reply is due, it reads the end of the connection again and again for five minutes (read_remote, net.c), and "
         "the shared clock stands still for a process that does not rest")

CLIENTS = [
    Client("smtplib", "Python smtplib", ["/usr/bin/python3", str(HERE / "python-smtplib.py")], ["/usr/bin/python3", "--version"],
           needs=("/usr/bin/python3",), note=TEN_MINUTES),
    Client("go", "Go net/smtp", [str(MADE / "go-net-smtp")], ["go", "version"], needs=("go",), clock="real", product="go-net-smtp",
           make=["go", "build", "-o", "go-net-smtp", str(HERE / "go-net-smtp.go")],
           by_the_wall=("dsn", "greylisting", "no-pipelining", "odd-354", "permanent-failures"),
           note=TEN_MINUTES + " A Go program cannot be on the shared clock: scenarios that take hours are left out."),
    Client("nodemailer", "nodemailer", ["env", f"FAKEMX_NODE_MODULES={MADE}/node_modules", "node", str(HERE / "nodemailer.js")],
           ["node", "-p", "require('nodemailer/package.json').version"], needs=("node", "npm"), product="node_modules/nodemailer",
           make=["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", ".", f"nodemailer@{NODEMAILER}"]),
    Client("phpmailer", "PHPMailer", ["php", str(HERE / "phpmailer.php")], ["dpkg-query", "-W", "libphp-phpmailer"],
           needs=("php", "/usr/share/php/libphp-phpmailer/src/SMTP.php")),
    Client("net-smtp", "Perl Net::SMTP", ["perl", str(HERE / "net-smtp.pl")], ["perl", "-MNet::SMTP", "-e", "print Net::SMTP->VERSION"],
           needs=("perl",)),
    Client("javamail", "JavaMail", [str(HERE / "javamail.sh"), str(MADE)], ["dpkg-query", "-W", "libmail-java"],
           needs=("java", "javac", *JAVA_LIBRARIES), product="JavaMail.class", note=TEN_MINUTES,
           make=["javac", "-cp", ":".join(JAVA_LIBRARIES), "-d", ".", str(HERE / "JavaMail.java")]),
    Client("curl", "curl", [str(HERE / "curl.sh")], ["curl", "--version"], needs=("curl",)),
    Client("msmtp", "msmtp", [str(HERE / "msmtp.sh")], ["msmtp", "--version"], needs=("msmtp",),
           note=TEN_MINUTES + " It cannot be told to use TLS where it is offered, and stays without."),
    Client("curl-submit", "curl, submitting", [str(HERE / "curl.sh"), "submit"], ["curl", "--version"], needs=("curl",), kind="mua",
           note="With `--ssl-reqd` and a user name: judged as a mail user agent, which asks for more."),
    Client("msmtp-submit", "msmtp, submitting", [str(HERE / "msmtp.sh"), "submit"], ["msmtp", "--version"], needs=("msmtp",), kind="mua",
           note="With `tls on` and `auth on`: judged as a mail user agent, which asks for more."),
    mail_server("postfix", "Postfix", "postfix"),
    mail_server("exim", "Exim", "exim4-base"),
    mail_server("opensmtpd", "OpenSMTPD", "opensmtpd"),
    mail_server("sendmail", "sendmail", "sendmail-bin"),
    mail_server("nullmailer", "nullmailer", "nullmailer", finds_hosts=False, note="It sends everything to one host, and looks for no MX."),
    mail_server("dma", "dma", "dma", finds_hosts=False,
                note="It looks for MX hosts where it has no smart host, but its notices would then find no way back: it has no table of routes.",
                leaves_out={one: SPINS for one in ("disconnects", "lost-final-reply", "rate-limiting")}),
]


def client_named(name):
    found = [one for one in CLIENTS if one.name == name]
    if not found:
        sys.exit(f"no such client: {name}; there are {', '.join(one.name for one in CLIENTS)}")
    return found[0]


def main():
    if len(sys.argv) > 1:
        client = client_named(sys.argv[1])
        missing = ", ".join(client.missing()) or client.prepare()
        if missing:
            sys.exit(f"{client.name}: missing {missing}")
        print(" ".join([*client.place(), "fakemx", "conform", *client.scenarios(sys.argv[2:]), *client.words()]))
        return
    for client in CLIENTS:
        missing = client.missing()
        print(f"{client.name:<12} {'missing ' + ', '.join(missing) if missing else client.version_text()}")


if __name__ == "__main__":
    main()
