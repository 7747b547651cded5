"""Starts and stops the program under test, and reads what it wrote. Shared by the runner and the tests themselves.

Nothing here waits for time to pass: every wait is for something that happens, with a bound after which it is an error.
"""

import concurrent.futures
import csv
import fnmatch
import io
import json
import os
import select
import shlex
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# A session that is never answered, a server that never starts: an error after this, on the slowest machine.
PATIENCE_SECONDS = 30


class Failure(Exception):
    """What was expected did not happen."""


class Skip(Exception):
    """Something this test needs is not here."""


def binary():
    """FAKEMX, or the build of the presets in the order in which developers use them."""
    named = os.environ.get("FAKEMX")
    candidates = [named] if named else [ROOT / "build" / preset / "bin" / "fakemx" for preset in ("dev", "release")]
    for candidate in candidates:
        if os.access(candidate, os.X_OK):
            return str(Path(candidate).resolve())
    raise Failure(f"no program to test: {', '.join(map(str, candidates))}; ci/build dev makes one")


def until(what, condition, seconds=PATIENCE_SECONDS):
    """Polls until condition() is true. The result of the condition is returned."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise Failure(f"not within {seconds} s: {what}")
        pause.wait(0.01)


def clean_environment():
    """Every flag of fakemx has a FAKEMX_* variable; none but the place of the profiles may reach the program."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FAKEMX_") or name == "FAKEMX_PROFILES"}


class Server:
    """`fakemx serve`, or another subcommand that serves, with port 0, a ready file and a journal in `folder`."""

    def __init__(self, arguments, folder, name="run", environment=None, subcommand="serve"):
        folder = Path(folder)
        self.journal = folder / f"{name}.db"
        self.log_path = folder / f"{name}.log"
        self.output_path = folder / f"{name}.out"
        ready_path = folder / f"{name}.ready"
        where = ["--listen", "127.0.0.1:0"] if subcommand == "serve" else []
        command = [binary(), subcommand, *where, "--ready-file", str(ready_path), "--journal", str(self.journal), *arguments]
        self.command = shlex.join(command)
        self.started = time.monotonic()
        with open(self.log_path, "wb") as log, open(self.output_path, "wb") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=log,
                                            env={**clean_environment(), **(environment or {})})
        try:
            until("the server is ready", lambda: ready_path.exists() or self.process.poll() is not None)
            if not ready_path.exists():
                raise Failure(f"the server ended with status {self.process.returncode}:\n{self.log()}")
        except BaseException:
            self.kill()
            raise
        self.ready = json.loads(ready_path.read_text())
        self.host, self.port = self.ready["smtp"][0]["address"], self.ready["smtp"][0].get("port")

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        return self.log_path.read_text(errors="replace")

    def output(self):
        return self.output_path.read_bytes().decode(errors="replace")

    def wait(self, seconds=PATIENCE_SECONDS):
        """Until it has left by itself; returns the exit status."""
        until("the server leaves by itself", lambda: self.process.poll() is not None, seconds)
        return self.process.returncode

    def signal_and_wait(self, number, seconds=PATIENCE_SECONDS):
        """Sends the signal; returns (exit status, seconds until the process had ended)."""
        begun = time.monotonic()
        watched = os.pidfd_open(self.pid)
        try:
            self.process.send_signal(number)
            ended, _, _ = select.select([watched], [], [], seconds)
        finally:
            os.close(watched)
        if not ended:
            self.kill()
            raise Failure(f"the server still ran {seconds} s after {signal.Signals(number).name}")
        return self.process.wait(), time.monotonic() - begun

    def stop(self):
        if self.process.poll() is not None:
            return self.process.returncode
        return self.signal_and_wait(signal.SIGTERM)[0]

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self.kill()
        if kind is None:
            check_replay(self.journal)


def run_log(journal, *options):
    """The output of `fakemx log`."""
    done = subprocess.run([binary(), "log", str(journal), *options], capture_output=True, timeout=PATIENCE_SECONDS,
                          env=clean_environment())
    if done.returncode != 0:
        raise Failure(f"fakemx log {' '.join(options)}: status {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode("utf-8", errors="replace")


def check_rules(journal, wanted):
    """These rules, and no others, were broken."""
    done = subprocess.run([binary(), "conform", "--journal", str(journal), "--json"], capture_output=True, timeout=PATIENCE_SECONDS)
    if done.returncode not in (0, 1):
        raise Failure(f"fakemx conform {journal}: status {done.returncode}:\n{done.stderr.decode(errors='replace')}")
    rules = [rule for rule in json.loads(done.stdout)["rules"] if rule["broken"]]
    if sorted(rule["rule"] for rule in rules) != wanted:
        told = [f"{rule['rule']}: {rule['evidence'][0]['what']} (session {rule['evidence'][0]['session']})" for rule in rules]
        raise Failure(f"rules that were broken: wanted {wanted}, found {told}")


def check_replay(journal):
    """Whatever a server did in a test, it does again when its journal is replayed."""
    done = subprocess.run([binary(), "replay", str(journal)], capture_output=True, timeout=PATIENCE_SECONDS,
                          env=clean_environment())
    if done.returncode != 0:
        raise Failure(f"fakemx replay {journal}: status {done.returncode}:\n{done.stdout.decode(errors='replace')}"
                      f"{done.stderr.decode(errors='replace')}")


def rows_of(journal):
    """The rows of bounce_log, as dictionaries by column."""
    return list(csv.DictReader(io.StringIO(run_log(journal, "--format", "csv"), newline="")))


def check_integrity(journal):
    """What SQLite itself says of the file."""
    with sqlite3.connect(journal) as connection:
        answer = [row[0] for row in connection.execute("pragma integrity_check")]
    if answer != ["ok"]:
        raise Failure(f"integrity_check of {journal}: {answer}")


def meet_all(expected, meet):
    """For a test whose profile has a host for each case: meet(host, port) for each case of the table, some at a time, and
    the end of the test where something else comes out than the table says. Case "rcpt-close" is the host rcpt-close.test.
    A tuple in the table: one of these, where it is up to the client's timing.
    """
    ports = dict(zip(os.environ["FAKEMX_HOSTS"].split(), map(int, os.environ["FAKEMX_PORTS"].split())))
    with concurrent.futures.ThreadPoolExecutor(max_workers=6) as pool:
        met = {case: pool.submit(meet, f"{case}.test", ports[f"{case}.test"]) for case in expected}
    wrong = [f"{case}: {met[case].result()!r}, not {outcome!r}" for case, outcome in expected.items()
             if met[case].result() not in (outcome if isinstance(outcome, tuple) else (outcome,))]
    if wrong:
        sys.exit("\n".join(wrong))


# ---------------------------------------------------------------------------------------------------------------------
# The file `expect`; its form is described in client-tests/README.md.

COLUMNS = ("timestamp sending_ip helo_name mail_from_domain header_from_domain recipient_domain smtp_stage "
           "smtp_reply_code smtp_reply_text message_template_id message_size_bytes attachment_types retry_count "
           "final_queue_status").split()


class Expectation:
    def __init__(self, path):
        self.exit = 0
        self.server = 0
        self.rows = []  # (least, most or None, {column: pattern}, line as written)
        self.timeline = []
        self.host = None  # whose sessions the events are looked for in; None: all
        self.events = []  # (host, {field: pattern}, line as written)
        self.never = []
        self.broken = None  # rules, as `fakemx list rules` names them; None: not looked at
        for number, line in enumerate(Path(path).read_text().splitlines(), 1):
            words = shlex.split(line, comments=True)
            if not words:
                continue
            try:
                self.read(words, line.strip())
            except (ValueError, IndexError) as error:
                raise Failure(f"{path}:{number}: {error}") from error

    def read(self, words, line):
        kind, *rest = words
        if kind in ("exit", "server"):
            setattr(self, kind, int(rest[0]))
        elif kind == "row":
            self.rows.append((1, 1, self.pattern(rest), line))
        elif kind == "rows":
            count = rest[0]
            if count.endswith("+"):
                least, most = int(count[:-1]), None
            else:
                least, _, most = count.partition("-")
                least, most = int(least), int(most or least)
            self.rows.append((least, most, self.pattern(rest[1:]), line))
        elif kind == "breaks":
            self.broken = sorted(rest)
        elif kind == "timeline":
            self.timeline.append(" ".join(rest))
        elif kind == "host":
            self.host, = rest
        elif kind == "event":
            self.events.append((self.host, self.fields(rest), line))
        elif kind == "never":
            self.never.append((self.host, self.fields(rest), line))
        else:
            raise ValueError(f"unknown word: {kind}")

    @staticmethod
    def pattern(words):
        wanted = dict(word.split("=", 1) for word in words)
        for column in wanted:
            if column not in COLUMNS:
                raise ValueError(f"no such column: {column}")
        return wanted

    @staticmethod
    def fields(words):
        return {"event": words[0], **dict(word.split("=", 1) for word in words[1:])}

    def check(self, journal):
        if self.broken is not None:
            check_rules(journal, self.broken)
        header = run_log(journal, "--format", "csv").split("\n", 1)[0].strip()
        if header.split(",") != COLUMNS:
            raise Failure(f"columns of the CSV: {header}")
        rows = rows_of(journal)
        at = 0
        for least, most, wanted, line in self.rows:
            found = 0
            while at < len(rows) and (most is None or found < most) and matches(rows[at], wanted):
                at, found = at + 1, found + 1
            if found < least:
                what = brief(rows[at], wanted) if at < len(rows) else "no more rows"
                raise Failure(f"row {at + 1} of {len(rows)}: wanted `{line}`, found {what}")
        if self.rows and at < len(rows):
            raise Failure(f"{len(rows) - at} rows more than expected; the first: {brief(rows[at], COLUMNS)}")
        if self.timeline:
            text = run_log(journal, "--timeline")
            for pattern in self.timeline:
                if not any(fnmatch.fnmatchcase(line.strip(), pattern) for line in text.splitlines()):
                    raise Failure(f"no line of the timeline matches `{pattern}`:\n{text}")
        if self.events or self.never:
            self.check_events(run_log(journal, "--canonical"))

    def check_events(self, text):
        # Values as they are written in expect: true, 250, and text as it is.
        events = [{name: value if isinstance(value, str) else json.dumps(value) for name, value in json.loads(line).items()}
                  for line in text.splitlines()]
        host_of = {event["session"]: event["host"] for event in events if event.get("event") == "opened"}

        def at(host):
            return [event for event in events if host in (None, host_of.get(event.get("session")))]

        left = {host: iter(at(host)) for host, _, _ in self.events}
        for host, wanted, line in self.events:
            if not any(matches(event, wanted) for event in left[host]):
                shown = "\n".join(map(json.dumps, at(host))) if host else text
                raise Failure(f"no `{line}` behind those before it, in\n{shown}")
        for host, wanted, line in self.never:
            for event in at(host):
                if matches(event, wanted):
                    raise Failure(f"`{line}`, but there is {event}")


def matches(row, wanted):
    return all(fnmatch.fnmatchcase(row.get(column) or "", pattern) for column, pattern in wanted.items())


def brief(row, columns):
    return " ".join(f"{column}={row.get(column)!r}" for column in columns)
