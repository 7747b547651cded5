#!/usr/bin/env python3
"""Sends one message with Python's smtplib. It has no timeout of its own: ten minutes is what RFC 5321 asks for at most."""

import os
import smtplib
import ssl
import sys

DELIVERED, FAILED, DEFERRED = 0, 69, 75


def believes(recipient, belief, words):
    with open(os.environ["FAKEMX_RESULTS"], "a", encoding="utf-8") as results:
        print(os.environ["FAKEMX_MESSAGE"], recipient, belief, words, sep="\t", file=results)


def of_code(code):
    return "deferred" if 400 <= code < 500 else "failed"


class Smtp(smtplib.SMTP):
    def _get_socket(self, host, port, timeout):
        # The certificate is for the host's name, which no name server knows.
        return super()._get_socket(os.environ["FAKEMX_IP"], port, timeout)


def options_for(smtp, sender, recipients, message):
    """What the caller has to know of extensions: sendmail leaves that to him."""
    options = []
    if not message.isascii() and smtp.has_extn("8bitmime"):
        options.append("BODY=8BITMIME")
    header = message.partition(b"\r\n\r\n")[0]
    if not header.isascii() or not "".join([sender, *recipients]).isascii():
        options.append("SMTPUTF8")
    return options


def send(sender, recipients, message):
    with Smtp(os.environ["FAKEMX_HOST"], int(os.environ["FAKEMX_PORT"]), "mta.example.test", timeout=600) as smtp:
        smtp.ehlo_or_helo_if_needed()
        if smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context(cafile=os.environ["FAKEMX_CA"]))
            smtp.ehlo_or_helo_if_needed()
        refused = smtp.sendmail(sender, recipients, message, options_for(smtp, sender, recipients, message))
    for recipient in recipients:
        if recipient not in refused:
            believes(recipient, "delivered", "")
    return refused


def report(refused):
    for recipient, (code, text) in refused.items():
        believes(recipient, of_code(code), f"{code} {text.decode(errors='replace')}".replace("\n", " "))


def main():
    with open(os.environ["FAKEMX_MESSAGE"], "rb") as file:
        message = file.read()
    try:
        report(send(os.environ["FAKEMX_FROM"], os.environ["FAKEMX_TO"].split(), message))
        return DELIVERED
    except smtplib.SMTPRecipientsRefused as error:
        report(error.recipients)
        return FAILED
    except smtplib.SMTPResponseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return DEFERRED if of_code(error.smtp_code) == "deferred" else FAILED
    except (smtplib.SMTPNotSupportedError, UnicodeError, ValueError) as error:
        # What it refuses to send will be no better later.
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return FAILED
    except (smtplib.SMTPException, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return DEFERRED


sys.exit(main())
