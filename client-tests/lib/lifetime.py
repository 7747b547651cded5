"""A real mail server through its whole queue lifetime, on the shared clock: senders/ has the servers, the test's folder the scenario."""

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from fakemx import Failure, binary, clean_environment

SENDERS = Path(__file__).resolve().parent.parent / "senders"
# Of one run, on the slowest machine.
PATIENCE_SECONDS = 1200


def schedule_of(journal):
    """Of each recipient, the times of its tries since the first of all, in microseconds; notices apart."""
    with sqlite3.connect(journal) as database:
        rows = database.execute("SELECT recipient, mail_from = '', at FROM attempt ORDER BY id").fetchall()
    begin = min(at for _, _, at in rows)
    schedule = {}
    for recipient, is_notice, at in rows:
        schedule.setdefault((recipient, bool(is_notice)), []).append(at - begin)
    return schedule


def lifetime(script, name, runs=3, messages=1, equal=True):
    """Prepares the sender, runs the scenario beside `script` so many times, and wants it met with equal schedules."""
    scenario = Path(script).resolve().parent / "scenario.lua"
    prepared = subprocess.run([SENDERS / "prepare", name], capture_output=True, text=True, env=os.environ)
    if prepared.returncode == 77:
        print(prepared.stdout.strip())
        sys.exit(77)
    if prepared.returncode != 0:
        raise Failure(f"{name} cannot be installed:\n{prepared.stdout}{prepared.stderr}")
    schedules = []
    for number in range(1, runs + 1):
        journal = f"{name}-{messages}-{number}.db"
        command = [binary(), "run", str(scenario), "--set", f"messages={messages}", "--journal", journal,
                   "--", str(SENDERS / "run"), name]
        begun = time.monotonic()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
                              env=clean_environment())
        seconds = time.monotonic() - begun
        if done.returncode != 0:
            raise Failure(f"run {number}: exit status {done.returncode}\n{done.stdout}{done.stderr[-3000:]}")
        replayed = subprocess.run([binary(), "replay", journal], capture_output=True, text=True, env=clean_environment())
        if replayed.returncode != 0:
            raise Failure(f"run {number}: the replay differs\n{replayed.stdout}{replayed.stderr}")
        schedule = schedule_of(journal)
        tries = sum(len(ats) for (_, is_notice), ats in schedule.items() if not is_notice)
        days = max(max(ats) for ats in schedule.values()) / 86400e6
        print(f"{name}, {messages} message(s), run {number}: {tries} attempts in {days:.3f} days, {seconds:.1f} s", flush=True)
        schedules.append(schedule)
    if equal and any(schedule != schedules[0] for schedule in schedules):
        for number, schedule in enumerate(schedules, 1):
            print(f"run {number}: {schedule}")
        raise Failure(f"{name}: the schedules of {runs} runs differ")


def main(script, name, **options):
    try:
        lifetime(script, name, **options)
    except Failure as failure:
        print(failure)
        sys.exit(1)
