"""Reminders of hearings: a handler called for each record."""

from typing import Any

from bgjobs import Run

Record = dict[str, Any]


def remind(run: Run, hearing: Record) -> Record:
    """Put an e-mail and a text message into the outbox; they are sent after the commit, once.

    The keys are the hearing's own, so that no client is told twice, whatever run it is.
    """
    if "@" not in hearing["email"]:
        raise ValueError(f"client {hearing['client']} has no usable e-mail address")
    when = f"{hearing['held_at']:%A, %d %B at %H:%M}"
    text = f"Dear {hearing['client']}, your hearing is on {when} in room {hearing['room']}."
    email = {"to": hearing["email"], "subject": f"Your hearing on {when}", "text": text}
    run.send(email, key=f"hearing:{hearing['id']}:email")
    run.count("emails")
    if hearing["phone"]:
        run.send({"to": hearing["phone"], "text": text}, key=f"hearing:{hearing['id']}:text")
        run.count("texts")
    return {"id": hearing["id"], "reminded_at": run.slot}
