"""Sends what the handlers put into the outbox; called after the commit, once for each message."""

import json
import os
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTP, SMTPServerDisconnected

from bgjobs import Message, OutcomeUnknownError

SENT = Path(__file__).resolve().parents[1] / "sent.jsonl"


def deliver(message: Message) -> None:
    """Send an e-mail where SMTP_HOST is set; without, and for texts, write a line to SENT_FILE.

    The message's key goes along: a server that knows it drops what it was given before.
    """
    host = os.environ.get("SMTP_HOST")
    if not host or "@" not in message.payload["to"]:
        with Path(os.environ.get("SENT_FILE", SENT)).open("a", encoding="utf-8") as sent:
            sent.write(json.dumps({"key": message.key, **message.payload}) + "\n")
        return
    email = EmailMessage()
    email["From"] = os.environ.get("SMTP_FROM", "casework@example.com")
    email["To"] = message.payload["to"]
    email["Subject"] = message.payload["subject"]
    # A colon would end the id early.
    email["Message-ID"] = f"<{message.key.replace(':', '.')}@casework>"
    email.set_content(message.payload["text"])
    _send(email, host, int(os.environ.get("SMTP_PORT", "25")))


def _send(email: EmailMessage, host: str, port: int) -> None:
    server = SMTP(host, port, timeout=30)
    try:
        server.send_message(email)
    except (SMTPServerDisconnected, TimeoutError) as error:
        # It may have taken the message and been lost before it said so.
        raise OutcomeUnknownError(f"{host} did not answer: {error}") from error
    finally:
        # The message is settled by now, whatever comes of the parting.
        with suppress(OSError):
            server.quit()
