"""Names in statements that are executed with values: every % there is a placeholder's."""

from psycopg import sql


def identifier(*names: str) -> sql.SQL:
    """A name, or a qualified one, quoted."""
    return escaped(sql.Identifier(*names))


def escaped(part: sql.Composable | str) -> sql.SQL:
    """A part of a statement that has no placeholders, as it has to stand beside some."""
    text = part if isinstance(part, str) else part.as_string(None)
    return sql.SQL(text.replace("%", "%%"))
