"""What the role that is connected may not do."""

from bgjobs.errors import AccessRefusedError, ConfigError
from bgjobs.store.audit_table import audit_problems, name
from bgjobs.store.session import Session


def role(session: Session) -> str:
    """The role's name."""
    return str(session.connection.info.user)


def is_read_only(session: Session) -> bool:
    """Whether the server takes no writes: a standby, or by its setting. It tells so at login."""
    told = session.connection.info.parameter_status
    return "on" in {told("in_hot_standby"), told("default_transaction_read_only")}


def lacking_rights(session: Session) -> list[str]:
    """Each right that a run needs and this role has not, such as "INSERT on audit_log"."""
    values = {"schema": session.schema, "audit": name(session.audit)}
    rows = session.execute("lacking_rights", values).fetchall()
    return [f"{privilege} on {relation}" for privilege, relation in rows]


def refuse_audit(session: Session) -> None:
    """Say why a run's audit row could not be written, before there is a run.

    Raises:
        ConfigError: The table is missing, or not made for it.
        AccessRefusedError: This role may not write it.
    """
    problems = audit_problems(session)
    if problems:
        raise ConfigError("\n".join(problems))
    lacking = lacking_rights(session)
    if lacking:
        raise AccessRefusedError(
            f"the role {role(session)} lacks {', '.join(lacking)}; "
            f"bgjobs migrate --grants {role(session)} prints the grants"
        )
