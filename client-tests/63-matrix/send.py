"""Sends one file with smtplib: HOST PORT FILE FROM TO. Exit status 75 (EX_TEMPFAIL) for 4yz, 69 for 5yz."""

import smtplib
import sys

host, port, path, sender, recipient = sys.argv[1:]
try:
    with smtplib.SMTP(host, int(port), "client.example.test", timeout=20) as client, open(path, "rb") as file:
        client.sendmail(sender, [recipient], file.read())
except smtplib.SMTPResponseException as refusal:
    sys.exit(75 if refusal.smtp_code < 500 else 69)
