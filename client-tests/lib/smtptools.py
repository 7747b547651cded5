"""Postfix's smtp-sink and smtp-source for the tests of `fakemx sink`: the real server beside ours, the real client
against both.
"""

import getpass
import os
import socket
import subprocess
import sys
from pathlib import Path

import fakemx


class Tools:
    """The two programs, in a folder below `folder`. The test is skipped where they cannot be had."""

    def __init__(self, folder):
        self.folder = Path(folder) / "tools"
        self.folder.mkdir()
        done = subprocess.run([str(fakemx.ROOT / "client-tests" / "lib" / "smtp-tools"), str(self.folder)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            print(done.stdout.decode(errors="replace").strip())
            sys.exit(done.returncode)
        self.environment = {**fakemx.clean_environment(), "LD_LIBRARY_PATH": str(self.folder / "lib")}

    def source(self, *arguments, where):
        """Runs smtp-source to its end; returns (exit status, what it said)."""
        done = subprocess.run([str(self.folder / "smtp-source"), *arguments, where], env=self.environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=fakemx.PATIENCE_SECONDS)
        return done.returncode, done.stdout.decode(errors="replace")

    def sink(self, arguments, path):
        return RealSink(self, arguments, path)


class RealSink:
    """smtp-sink on a socket in the file system: a port that it chose itself it would not tell."""

    def __init__(self, tools, arguments, path):
        self.path = str(path)
        self.where = f"unix:{self.path}"
        # As root it insists on a user.
        user = ["-u", getpass.getuser()] if os.geteuid() == 0 else []
        self.process = subprocess.Popen([str(tools.folder / "smtp-sink"), *user, *arguments, self.where, "100"],
                                        env=tools.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        try:
            fakemx.until("smtp-sink listens", lambda: can_connect(self.path) or self.process.poll() is not None)
            if self.process.poll() is not None:
                raise fakemx.Failure(f"smtp-sink {arguments}: {self.process.stdout.read().decode(errors='replace')}")
        except BaseException:
            self.end()
            raise

    def end(self):
        """Returns what it said."""
        if self.process.poll() is None:
            self.process.terminate()
        output, _ = self.process.communicate(timeout=fakemx.PATIENCE_SECONDS)
        return output.decode(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self.end()


def can_connect(path):
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


def dialogue(where, lines):
    """What is said to each line, the greeting first: replies as text with "|" for line ends; "closed" at the end.

    `where` is the path of a socket, or (host, port). None instead of a line only waits for the next reply. Behind a
    close nothing more is said.
    """
    family = socket.AF_UNIX if isinstance(where, str) else socket.AF_INET
    with socket.socket(family) as connection:
        connection.settimeout(fakemx.PATIENCE_SECONDS)
        connection.connect(where)
        file = connection.makefile("rb")
        replies = [reply(file)]
        for line in lines:
            if replies[-1].endswith("closed"):
                break
            try:
                if line is not None:
                    connection.sendall(line.encode() + b"\r\n")
            except OSError:
                replies.append("closed")
                break
            replies.append(reply(file))
        return replies


def reply(file):
    """One reply, all its lines. A connection that is reset is as closed as one that ends."""
    lines = []
    while True:
        try:
            line = file.readline()
        except ConnectionError:
            line = b""
        if not line:
            return "|".join([*lines, "closed"])
        lines.append(line.decode(errors="replace").rstrip("\r\n"))
        if line[3:4] != b"-":
            return "|".join(lines)
