"""What the role that is connected may not do."""

from bgjobs.store.audit_table import name
from bgjobs.store.session import Session


def role(session: Session) -> str:
    """The role's name."""
    return str(session.connection.info.user)


def lacking_rights(session: Session) -> list[str]:
    """Each right that a run needs and this role has not, such as "INSERT on audit_log"."""
    values = {"schema": session.schema, "audit": name(session.audit)}
    rows = session.execute("lacking_rights", values).fetchall()
    return [f"{privilege} on {relation}" for privilege, relation in rows]
