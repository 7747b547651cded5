"""A real mail server through its whole queue lifetime, on the shared clock: senders/ has the servers, lifetime.lua what is expected of them."""

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from fakemx import Failure, binary, clean_environment

SENDERS = Path(__file__).resolve().parent.parent / "senders"
SCENARIO = Path(__file__).resolve().with_suffix(".lua")
# Of one run, on the slowest machine.
PATIENCE_SECONDS = 1200


def schedule_of(journal):
    """Of each message, the times of its tries since the first of all, in microseconds. Notices, whose Message-ID their sender makes up, are
    one."""
    with sqlite3.connect(journal) as database:
        rows = database.execute("SELECT CASE mail_from WHEN '' THEN 'notices' ELSE identity END, at FROM attempt ORDER BY id").fetchall()
    begin = min(at for _, at in rows)
    schedule = {}
    for message, at in rows:
        schedule.setdefault(message, []).append(at - begin)
    return schedule


def environment():
    """Where the senders were put is told to them; no other setting of fakemx is."""
    cache = os.environ.get("FAKEMX_CACHE")
    return {**clean_environment(), **({"FAKEMX_CACHE": cache} if cache else {})}


def prepare(name):
    prepared = subprocess.run([SENDERS / "prepare", name], capture_output=True, text=True, env=os.environ)
    if prepared.returncode == 77:
        print(prepared.stdout.strip())
        sys.exit(77)
    if prepared.returncode != 0:
        raise Failure(f"{name} cannot be installed:\n{prepared.stdout}{prepared.stderr}")


def live(name, messages, journal, arguments=()):
    """One run of the sender's whole life, which must meet the scenario: its schedule, and what became of it in a line."""
    command = [binary(), "run", str(SCENARIO), "--set", f"sender={name}", "--set", f"messages={messages}", "--journal", journal,
               "--", str(SENDERS / "run"), name, *arguments]
    begun = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
                          env=environment())
    seconds = time.monotonic() - begun
    if done.returncode != 0:
        raise Failure(f"{journal}: exit status {done.returncode}\n{done.stdout[-6000:]}{done.stderr[-3000:]}")
    replayed = subprocess.run([binary(), "replay", journal], capture_output=True, text=True, env=environment())
    if replayed.returncode != 0:
        raise Failure(f"{journal}: the replay differs\n{replayed.stdout}{replayed.stderr}")
    schedule = schedule_of(journal)
    tries = sum(len(ats) for message, ats in schedule.items() if message != "notices")
    days = max(max(ats) for ats in schedule.values()) / 86400e6
    return schedule, f"{tries} attempts in {days:.3f} days, {seconds:.1f} s"


def difference(one, other):
    """The first try that does not stand in both schedules at the same time."""
    for key in sorted(one.keys() | other.keys()):
        tries, others = one.get(key, []), other.get(key, [])
        for number in range(max(len(tries), len(others))):
            at, instead = tries[number:number + 1], others[number:number + 1]
            if at != instead:
                return f"{key}, attempt {number + 1}: {at} and {instead} us"
    return None


def lifetime(name, runs=3, messages=1, equal=True, by_message=True, arguments=()):
    """Runs the sender through its life so many times, and wants the scenario met each time, with equal schedules. Without `by_message` it is
    left to the sender which message has which of the tries of a round."""
    prepare(name)
    first = None
    for number in range(1, runs + 1):
        what = " ".join([name, *arguments])
        schedule, told = live(name, messages, f"{what}-{messages}-{number}.db".replace(" ", "-"), arguments)
        print(f"figures: {what}, {messages} message{'s' if messages > 1 else ''}, run {number}: {told}", flush=True)
        if not by_message:
            schedule = {"all": sorted(at for ats in schedule.values() for at in ats)}
        first = first or schedule
        if equal and difference(first, schedule):
            raise Failure(f"{name}: runs 1 and {number} differ: {difference(first, schedule)}")


def main(name, *ways):
    """`ways`: arguments of lifetime, one after the other; none: once, as it stands."""
    try:
        for way in ways or ({},):
            lifetime(name, **way)
    except Failure as failure:
        print(failure)
        sys.exit(1)
