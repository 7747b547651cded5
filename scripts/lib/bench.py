#!/usr/bin/env python3
"""Measures fakemx beside smtp-sink, on loopback, in one run. Called by scripts/bench, which says what is measured."""

import argparse
import json
import os
import platform
import re
import resource
import selectors
import shutil
import signal
import socket
import ssl
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


IP_BIND_ADDRESS_NO_PORT = 24  # linux/in.h; Python's socket has no name for it


class Trouble(Exception):
    """A measurement that could not be made."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Server:
    """A server process under measurement, listening on a port of 127.0.0.1."""

    def __init__(self, name, command, port=None, ready_file=None, environment=None):
        """Ready is: a connection to `port` is accepted, or `ready_file` is there and names the port."""
        self.name, self.port, self.journal = name, port, None
        environment = {key: value for key, value in {**os.environ, **(environment or {})}.items()
                       if not key.startswith("FAKEMX")}
        self.log = tempfile.TemporaryFile()
        begun = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        env=environment)
        # Spins: a poll with pauses would be coarser than what is measured.
        while not (ready_file.exists() if ready_file else accepts(port)):
            if self.process.poll() is not None or time.perf_counter() - begun > 30:
                self.stop()
                raise Trouble(f"{name} does not start: {self.output()}")
        self.seconds_to_ready = time.perf_counter() - begun
        if ready_file:
            self.port = json.loads(ready_file.read_text())["smtp"][0]["port"]

    def output(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-2000:]

    def cpu_seconds(self):
        """Time on a CPU of all its threads. schedstat counts nanoseconds where stat counts ticks of 10 ms."""
        total = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except (OSError, IndexError):
                pass
        if total:
            return total / 1e9
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_kib(self):
        return int(re.search(r"^VmRSS:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text(), re.M).group(1))

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self.stop()


class Bench:
    def __init__(self, options):
        self.options = options
        self.scratch = Path(tempfile.mkdtemp(prefix="fakemx-bench."))
        self.tools = {"LD_LIBRARY_PATH": str(options.tools / "lib")}
        self.count = 0

    def sink(self):
        port = free_port()
        # -m: sessions at once, 256 by default. The backlog is what fakemx asks for, too.
        command = [str(self.options.tools / "smtp-sink"), "-m", "30000", f"127.0.0.1:{port}", "1024"]
        if os.geteuid() == 0:
            # It refuses to run as root.
            command[1:1] = ["-u", "nobody"]
        return Server("smtp-sink", command, port=port, environment=self.tools)

    def fakemx(self, name, profile, journal):
        self.count += 1
        ready_file, path = self.scratch / f"{self.count}.ready", self.scratch / f"{self.count}.db"
        # Port 0: a profile with several hosts takes a port for each.
        command = [str(self.options.fakemx), "serve", *profile, "--listen", "127.0.0.1:0", "--ready-file",
                   str(ready_file), "--seed", "1", "--quiet"]
        if journal:
            command += ["--journal", str(path)]
        server = Server(name, command, ready_file=ready_file)
        server.journal = path if journal else None
        return server

    def contenders(self):
        yield "smtp-sink", self.sink
        yield "fakemx accept", lambda: self.fakemx("fakemx accept", ["accept"], False)
        yield "fakemx accept, journal", lambda: self.fakemx("fakemx accept, journal", ["accept"], True)
        for text in self.options.profile:
            name = f"fakemx {text.split()[0]}, journal"
            yield name, lambda text=text, name=name: self.fakemx(name, text.split(), True)

    # -- messages -----------------------------------------------------------------------------------------------------

    def send(self, server, reuse):
        """One round of smtp-source; returns (messages per second, CPU of the server in µs per message).

        -A: a profile may refuse some, and smtp-source goes on; what was answered is printed with the figures.
        """
        count = self.options.messages
        command = [str(self.options.tools / "smtp-source"), *(["-d"] if reuse else []), "-A", "-s", "10", "-m", str(count),
                   "-l", "1024", "-M", "mta.example.test", "-f", "ada@example.test", "-t", "user@163.com",
                   f"127.0.0.1:{server.port}"]
        cpu, begun = server.cpu_seconds(), time.perf_counter()
        done = subprocess.run(command, env={**os.environ, **self.tools}, capture_output=True, text=True, timeout=600)
        seconds = time.perf_counter() - begun
        if done.returncode != 0:
            raise Trouble(f"smtp-source: {done.stderr.strip()[-300:]}")
        # What a server puts off until after its reply (a journal's writer) is part of the bill.
        settle(server)
        return count / seconds, (server.cpu_seconds() - cpu) * 1e6 / count

    def messages(self, reuse):
        """Every contender in every round, one after another, so that what else the machine does hits all of them."""
        results, troubles, answers = {}, {}, {}
        servers = []
        try:
            for name, start in self.contenders():
                try:
                    servers.append((name, start()))
                except Trouble as trouble:
                    troubles[name] = str(trouble)
            for turn in range(self.options.rounds + 1):
                for name, server in servers:
                    if name in troubles:
                        continue
                    try:
                        figures = self.send(server, reuse)
                    except Trouble as trouble:
                        troubles[name] = str(trouble)
                        continue
                    # The first round warms up: pages, caches, the allocator.
                    if turn > 0:
                        results.setdefault(name, []).append(figures)
        finally:
            for name, server in servers:
                server.stop()
                if server.journal:
                    answers[name] = answers_in(server.journal)
        return results, troubles, answers

    # -- memory -------------------------------------------------------------------------------------------------------

    def weigh(self, start, count, script, kind):
        """KiB of resident memory for each of `count` sessions that have come to the end of `script`."""
        with start() as server:
            # The first sessions pay for what all of them share.
            kind(server.port, 100, script).close()
            settle(server)
            before = server.resident_kib()
            crowd = kind(server.port, count, script)
            settle(server)
            after = server.resident_kib()
            crowd.close()
            return (after - before) / count

    # -- start --------------------------------------------------------------------------------------------------------

    def time_to_ready(self):
        figures = {}
        starts = [("smtp-sink", self.sink),
                  ("fakemx accept", lambda: self.fakemx("fakemx", ["accept"], False))]
        starts += [(f"fakemx {text.split()[0]}, journal", lambda text=text: self.fakemx("fakemx", text.split(), True))
                   for text in self.options.profile]
        for _ in range(self.options.starts):
            for name, start in starts:
                with start() as server:
                    figures.setdefault(name, []).append(server.seconds_to_ready * 1000)
        return figures


def time_of_simulation(fakemx, rounds):
    """Seconds of processor time for eight virtual days of a thousand messages that are deferred to their end."""
    command = [fakemx, "simulate", "flaky-data", "--set", "tries=1000000", "--sender", "postfix", "--messages", "1000",
               "--over", "0s", "--for", "8d", "--json"]
    seconds, simulated = [], None
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ran = subprocess.run(command, capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if ran.returncode != 0:
            raise Trouble(f"fakemx simulate: {ran.stderr.decode(errors='replace')}")
        simulated = json.loads(ran.stdout)["senders"][0]
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return seconds, simulated


def settle(server):
    """Returns when the server has used no CPU for a tenth of a second."""
    pause = threading.Event()
    last = server.cpu_seconds()
    for _ in range(100):
        pause.wait(0.1)
        now = server.cpu_seconds()
        if now - last < 0.0005:
            return
        last = now


def answers_in(journal):
    """How often each reply was given to a recipient, from the journal: "250 at data: 5000, ..."."""
    try:
        with sqlite3.connect(journal) as connection:
            counts = connection.execute("select smtp_reply_code, smtp_stage, count(*) from bounce_log"
                                        " group by 1, 2 order by 3 desc").fetchall()
    except sqlite3.Error as error:
        return str(error)
    return ", ".join(f"{code} at {stage}: {count}" for code, stage, count in counts) or "no attempts"


class Crowd:
    """Many sessions at once. Each reads the greeting, then sends each line of `script` and waits for its reply; the
    last line of a script that ends in None is sent and not waited for."""

    def __init__(self, port, count, script):
        self.sockets = []
        self.selector = selectors.DefaultSelector()
        started = 0
        waiting = {}
        end = time.monotonic() + 300
        while started < count or waiting:
            # A few hundred at a time, so that the backlog never overflows.
            while started < count and len(waiting) < 200:
                one = socket.socket()
                # One source address has some 28,000 ports for one destination; bind alone would take one of 28,000 for
                # all of them, those in TIME_WAIT included.
                one.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                one.bind((f"127.0.1.{1 + started // 20000}", 0))
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
                self.selector.register(one, selectors.EVENT_READ)
                waiting[one] = [b"", 0]
                self.sockets.append(one)
                started += 1
            for key, _ in self.selector.select(1):
                one = key.fileobj
                state = waiting[one]
                try:
                    octets = one.recv(4096)
                except OSError as error:
                    raise Trouble(f"session {len(self.sockets)}: {error}") from error
                if not octets:
                    raise Trouble(f"the server closed a session after {len(self.sockets)}: {state[0]!r}")
                state[0] += octets
                if not re.search(rb"(^|\n)[2-5][0-9][0-9] [^\n]*\n$", state[0]):
                    continue
                if state[0][:1] != b"2":
                    raise Trouble(f"session {len(self.sockets)}: {state[0]!r}")
                state[0] = b""
                step = state[1]
                state[1] += 1
                if step < len(script) and script[step] is not None:
                    one.sendall(script[step])
                    if script[step + 1 : step + 2] != [None]:
                        continue
                self.selector.unregister(one)
                del waiting[one]
            if time.monotonic() > end:
                raise Trouble(f"only {started - len(waiting)} of {count} sessions came to the end of the script")

    def close(self):
        for one in self.sockets:
            one.close()
        self.selector.close()


class TlsCrowd:
    """Many sessions at once, each inside TLS by STARTTLS and greeted again, one after the other."""

    def __init__(self, port, count, script):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.sockets = []
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", port), 30)
            self.sockets.append(one)
            self.answer(one)
            for line in [*script, b"STARTTLS\r\n"]:
                one.sendall(line)
                self.answer(one)
            one = self.sockets[-1] = context.wrap_socket(one)
            for line in script:
                one.sendall(line)
                self.answer(one)

    def answer(self, one):
        octets = b""
        while not re.search(rb"(^|\n)[2-5][0-9][0-9] [^\n]*\n$", octets):
            more = one.recv(4096)
            if not more:
                raise Trouble(f"the server closed session {len(self.sockets)}: {octets!r}")
            octets += more
        if octets[:1] != b"2":
            raise Trouble(f"session {len(self.sockets)}: {octets!r}")

    def close(self):
        for one in self.sockets:
            one.close()


IDLE = [b"EHLO mta.example.test\r\n"]
ASLEEP = [b"EHLO mta.example.test\r\n", b"MAIL FROM:<ada@example.test>\r\n", b"RCPT TO:<user@163.com>\r\n", None]


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def table_of_messages(title, results, troubles, answers):
    print(f"\n### {title}\n")
    row("server", "messages/s", "beside smtp-sink", "CPU µs/message", "beside smtp-sink", "spread of CPU")
    row("---", "---:", "---:", "---:", "---:", "---")
    base = results.get("smtp-sink")
    for name, figures in results.items():
        rates, cpus = [figure[0] for figure in figures], [figure[1] for figure in figures]
        # Ratios of the same round, then their median: both had the same machine.
        beside = ["-", "-"]
        if base and len(base) == len(figures):
            beside = [f"{statistics.median(mine[i] / sink[i] for mine, sink in zip(figures, base)):.2f}" for i in (0, 1)]
        row(name, f"{statistics.median(rates):.0f}", beside[0], f"{statistics.median(cpus):.1f}", beside[1],
            f"{min(cpus):.1f}–{max(cpus):.1f}")
    print()
    for name, counts in answers.items():
        print(f"- {name}, all rounds: {counts}")
    for name, trouble in troubles.items():
        print(f"- {name}: not measured: {trouble}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fakemx", type=Path, required=True)
    parser.add_argument("--tools", type=Path, required=True, help="folder with smtp-sink, smtp-source and lib/")
    parser.add_argument("--messages", type=int, default=5000, help="messages for each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sessions", type=int, default=10000, help="idle and sleeping sessions")
    parser.add_argument("--starts", type=int, default=11)
    parser.add_argument("--profile", action="append", default=None,
                        help="a profile with options, journal on; netease, made to answer at once, unless given")
    options = parser.parse_args()
    if options.profile is None:
        # What netease does to a sender it does not know yet is a wait, and a wait is not work.
        options.profile = ["netease --set first_contact=false --set internal_error_delay=0s"
                           + "".join(f" --set {limit}=1000000" for limit in (
                               "messages_per_connection", "messages_per_window", "messages_per_day", "connections_at_once",
                               "connections_per_window", "connections_per_sender_day", "recipients_per_connection",
                               "recipients_per_window", "recipients_per_day", "commands_per_connection"))]
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = options.sessions + 1000
    if most != resource.RLIM_INFINITY and most < wanted and os.geteuid() == 0:
        most = wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    bench = Bench(options)
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    print(f"Machine: {model.group(1) if model else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}")
    print(f"Messages: {options.messages} of 1 KiB for each of {options.rounds} rounds after one to warm up, 10 sessions at"
          " once (smtp-source -s 10),\nevery server in every round; medians. Ratios are taken within a round.")
    try:
        table_of_messages("A connection for each message", *bench.messages(reuse=False))
        table_of_messages("Connections reused (smtp-source -d)", *bench.messages(reuse=True))

        print("\n### Resident memory\n")
        print("Growth of VmRSS while so many sessions are open, divided by their number; idle: after EHLO; asleep: in a"
              "\nhook at RCPT (mx.sleep).\n")
        row("server", "sessions", "state", "KiB/session", "smtp-sink needs times as much")
        row("---", "---:", "---", "---:", "---:")
        crowd = options.sessions
        # smtp-sink takes a hundred times the memory; a thousand show it.
        weights = [("smtp-sink", min(crowd, 1000), "idle", bench.sink, IDLE),
                   ("fakemx accept", crowd, "idle", lambda: bench.fakemx("fakemx", ["accept"], False), IDLE)]
        weights += [(f"fakemx {text.split()[0]}, journal", crowd, "idle",
                     lambda text=text: bench.fakemx("fakemx", text.split(), True), IDLE) for text in options.profile]
        weights += [("fakemx, journal", crowd, "asleep",
                     lambda: bench.fakemx("fakemx", [str(HERE / "bench-sleep.lua")], True), ASLEEP)]
        weights += [("fakemx tls", min(crowd, 2000), "idle inside TLS",
                     lambda: bench.fakemx("fakemx", ["tls"], False), IDLE)]
        sink_kib, troubles = None, []
        for name, count, state, start, script in weights:
            try:
                kib = bench.weigh(start, count, script, TlsCrowd if "TLS" in state else Crowd)
            except Trouble as trouble:
                troubles.append(f"- {name}, {state}: not measured: {trouble}")
                continue
            if name == "smtp-sink":
                sink_kib = kib
            row(name, count, state, f"{kib:.2f}", f"{sink_kib / kib:.0f}" if sink_kib and kib > 0 else "-")

        if troubles:
            print("\n" + "\n".join(troubles))

        print("\n### Simulation\n")
        print("`fakemx simulate flaky-data --set tries=1000000 --sender postfix --messages 1000 --over 0s --for 8d`: all are"
              "\ngiven up after five days. The goal is a second.\n")
        row("asked", "CPU s, median", "least–most", "CPU µs for each host asked")
        row("---:", "---:", "---", "---:")
        seconds, simulated = time_of_simulation(options.fakemx, options.rounds)
        median = statistics.median(seconds)
        row(simulated["asked"], f"{median:.2f}", f"{min(seconds):.2f}–{max(seconds):.2f}",
            f"{median / simulated['asked'] * 1e6:.1f}")

        print(f"\n### From exec to ready, {options.starts} starts each\n")
        print("smtp-sink: the first accepted connection. fakemx: the ready file, which is written after that would be.\n")
        row("server", "median ms", "beside smtp-sink", "least–most")
        row("---", "---:", "---:", "---")
        figures = bench.time_to_ready()
        base = statistics.median(figures["smtp-sink"])
        for name, values in figures.items():
            median = statistics.median(values)
            row(name, f"{median:.1f}", f"{median / base:.2f}", f"{min(values):.1f}–{max(values):.1f}")
    finally:
        shutil.rmtree(bench.scratch, ignore_errors=True)
    return 0


try:
    sys.exit(main())
except Trouble as trouble:
    print(f"bench: {trouble}", file=sys.stderr)
    sys.exit(3)
