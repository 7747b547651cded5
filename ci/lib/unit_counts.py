#!/usr/bin/env python3
"""Counts test cases in ctest's JUnit file: each Catch program is one entry there and reports its cases itself.

Prints "unit tests PRESET: N passed, N failed" and fails when something failed or nothing ran.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree


def counts_of(entry):
    output = entry.findtext("system-out") or ""
    passed = failed = 0
    everything = re.search(r"All tests passed \(.* in (\d+) test cases?\)", output)
    some = re.search(r"^test cases:(.*)$", output, re.MULTILINE)
    if everything:
        passed = int(everything.group(1))
    elif some:
        for number, word in re.findall(r"(\d+) (passed|failed)", some.group(1)):
            if word == "passed":
                passed += int(number)
            else:
                failed += int(number)
    elif entry.get("status") == "run":
        passed = 1
    # A program that died before it could report, or that ctest ended, is one failure at least.
    if entry.get("status") != "run" and failed == 0:
        failed = 1
    return passed, failed


def main():
    preset, path = sys.argv[1:]
    try:
        entries = ElementTree.parse(path).getroot().findall("testcase")
    except (OSError, ElementTree.ParseError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        entries = []
    passed = failed = 0
    for entry in entries:
        entry_passed, entry_failed = counts_of(entry)
        passed += entry_passed
        failed += entry_failed
        print(f"{entry.get('name'):<24} {entry_passed:>6} passed {entry_failed:>4} failed")
    if not entries:
        failed = 1
    print(f"unit tests {preset}: {passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
