#!/usr/bin/env python3
"""A small sender with a queue, whose manners are told on the command line: what scenarios are tried on.

    patient.py [--waits 60,120,...] [--faults NAME,...]

Sends the messages of FAKEMX_MESSAGES to FAKEMX_ADDRESS, one recipient at a time. A message that fails for now is tried again after
each of the waits, in seconds; behind the last one it is given up, and its sender told so at FAKEMX_NOTICES. Faults that it can
have: after-5yz (tries again what was refused for good), twice (sends again what was accepted), silent (gives up without a word),
bounce-too (tells of a failure although it was accepted), in-order (nothing is tried before all that is older is done), helo, mail-from, body, size (another one at each try).
"""

import argparse
import os
import smtplib
import time

ROUNDS_MAX = 1000


class Patient:
    def __init__(self, waits, faults):
        self.waits, self.faults = waits, faults
        self.receiver = os.environ["FAKEMX_ADDRESS"].rsplit(":", 1)
        self.notices = os.environ.get("FAKEMX_NOTICES", os.environ["FAKEMX_ADDRESS"]).rsplit(":", 1)

    def attempt(self, number, sender, recipient, text):
        """The reply code of one try; 0 where there was none."""
        if "helo" in self.faults:
            name = f"mta{number}.example.test"
        else:
            name = "mta.example.test"
        if "mail-from" in self.faults:
            sender = f"bounce{number}@" + sender.rsplit("@", 1)[1]
        if "body" in self.faults:
            text = text + f"try {number:04}\r\n".encode()
        if "size" in self.faults:
            text = text + b"more\r\n" * number
        try:
            with smtplib.SMTP(*self.receiver, local_hostname=name, timeout=600) as client:
                client.sendmail(sender, [recipient], text)
                return 250
        except smtplib.SMTPResponseException as error:
            return error.smtp_code
        except smtplib.SMTPRecipientsRefused as error:
            return error.recipients[recipient][0]
        except (smtplib.SMTPException, OSError):
            return 0

    def tell(self, sender, recipient, text):
        original = text.split(b"\r\n\r\n", 1)[0].decode()
        notice = (f"From: MAILER-DAEMON@mta.example.test\r\nTo: {sender}\r\nSubject: Undelivered mail\r\n"
                  "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
                  'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
                  "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
                  "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mta.example.test\r\n\r\n"
                  f"Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.4.7\r\n\r\n"
                  f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{original}\r\n\r\n--b--\r\n")
        with smtplib.SMTP(*self.notices, local_hostname="mta.example.test", timeout=600) as client:
            client.sendmail("", [sender], notice)

    def run(self, deliveries):
        """Tries all that are due, oldest first, until none is left."""
        queue = [(0, index, 1, delivery) for index, delivery in enumerate(deliveries)]
        begin = time.time()
        for _ in range(ROUNDS_MAX):
            if not queue:
                return
            oldest = (lambda entry: entry[1]) if "in-order" in self.faults else None
            due, index, number, delivery = min(queue, key=oldest)
            queue.remove((due, index, number, delivery))
            time.sleep(max(0, begin + due - time.time()))
            sender, recipient, text = delivery
            code = self.attempt(number, sender, recipient, text)
            accepted = 200 <= code < 300
            if accepted and "bounce-too" in self.faults:
                self.tell(sender, recipient, text)
            again = (400 <= code < 500 or code == 0 or (accepted and "twice" in self.faults)
                     or (code >= 500 and "after-5yz" in self.faults))
            if again and number <= len(self.waits):
                queue.append((time.time() - begin + self.waits[number - 1], index, number + 1, delivery))
            elif not accepted and "silent" not in self.faults:
                self.tell(sender, recipient, text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waits", default="")
    parser.add_argument("--faults", default="")
    options = parser.parse_args()
    deliveries = []
    with open(os.environ["FAKEMX_MESSAGES"]) as messages:
        for line in messages:
            path, sender, recipients = line.rstrip("\n").split("\t")
            with open(path, "rb") as file:
                text = file.read()
            deliveries += [(sender, recipient, text) for recipient in recipients.split()]
    waits = [float(wait) for wait in options.waits.split(",") if wait]
    Patient(waits, {fault for fault in options.faults.split(",") if fault}).run(deliveries)


main()
