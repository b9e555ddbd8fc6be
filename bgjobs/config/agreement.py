"""Whether the keys of one job agree with one another, and its SQL with its parameters."""

from collections.abc import Collection, Iterator, Mapping

from bgjobs import statement
from bgjobs.config.names import RESERVED
from bgjobs.config.problems import suggestion
from bgjobs.job import Job

NEEDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("key", "group_by", "batch_size", "batch_target", "until_empty", "max_failures", "pause",
         "throttle", "workers", "table", "resume"),
        ("select",),
    ),
    **dict.fromkeys(("per", "concurrency", "read_ahead"), ("select", "handler")),
    **dict.fromkeys(
        ("timezone", "dst_gap", "dst_overlap", "spread", "catch_up", "catch_up_limit",
         "max_lateness"),
        ("schedule",),
    ),
    "send": ("handler",),
    "retry_on": ("retries",),
    "secrets": ("params",),
}  # fmt: skip
"""Keys that mean nothing where their job has not others as well."""
_QUERIES = frozenset({"SELECT", "WITH", "VALUES", "TABLE"})
# A job's SQL runs inside the transaction that also moves its cursor.
_OUTSIDE = frozenset(
    [
        "ABORT",
        "BEGIN",
        "CHECKPOINT",
        "CLUSTER",
        "COMMIT",
        "END",
        "RELEASE",
        "ROLLBACK",
        "SAVEPOINT",
        "START",
        "VACUUM",
    ]
)
_CUTS = frozenset({"LIMIT", "OFFSET", "FETCH"})

Found = Iterator[tuple[str | None, str]]


def disagreements(job: Job, given: Collection[str]) -> Found:
    """Yield (key or None, what is wrong); `given` are the keys that the job's own table has."""
    yield from _shape(given)
    for key in given:
        missing = [f'"{other}"' for other in NEEDS.get(key, ()) if other not in given]
        if missing and not (key == "retry_on" and job.retries):
            yield key, f'"{key}" has no effect without {" and ".join(missing)}'
    yield from _idle(job, given)
    yield from _columns(job)
    yield from _parameters(job)
    if job.select is not None:
        reasons = (*_sql(job.select, job), *_select(job.select))
        yield from (("select", f"select: {reason}") for reason in reasons)
    if job.statement is not None:
        reasons = (*_sql(job.statement, job), *_statement(job.statement, job))
        yield from (("statement", f"statement: {reason}") for reason in reasons)


def _shape(given: Collection[str]) -> Found:
    if "select" in given:
        if "key" not in given:
            yield (
                "select",
                '"select" needs "key", the columns that order its records: key = "id"',
            )
        if "statement" not in given and "handler" not in given:
            yield "select", '"select" needs "statement" or "handler": what to do with the records'
    elif "statement" in given and "handler" in given:
        yield "statement", '"statement" together with "handler" needs "select"'
    elif "statement" not in given and "handler" not in given:
        yield None, 'nothing to do: it needs "statement", "handler", or "select" with one of them'


def _idle(job: Job, given: Collection[str]) -> Found:
    """Keys whose effect another key's value rules out."""
    if "overlap_wait" in given and job.overlap != "wait":
        yield "overlap_wait", '"overlap_wait" has no effect without overlap = "wait"'
    if "catch_up_limit" in given and "schedule" in given and job.catch_up != "all":
        yield "catch_up_limit", '"catch_up_limit" has no effect without catch_up = "all"'
    if "batch_target" in given and "select" in given and job.batch_size is not None:
        yield "batch_target", '"batch_target" has no effect without batch_size = "auto"'
    looks = job.throttle is not None and (job.throttle.locks or job.throttle.autovacuum)
    if looks and job.select is not None and job.table is None:
        yield "throttle", 'throttle: "locks" and "autovacuum" need "table", such as table = "tasks"'


def _columns(job: Job) -> Found:
    names = tuple(column.name for column in job.key)
    if job.group_by and names and names[: len(job.group_by)] != job.group_by:
        first = ", ".join(f'"{name}"' for name in job.group_by)
        reason = "the key must begin with the columns of group_by:"
        yield "group_by", f"group_by: {reason} key = [{first}, …]"


def _parameters(job: Job) -> Found:
    for name in sorted(job.secrets - job.params.keys()):
        yield "secrets", f'secrets: "{name}" is not in params{suggestion(name, job.params)}'


def _sql(sql: str, job: Job) -> Iterator[str]:
    if not statement.single(sql):
        yield "it must be a single SQL statement"
    for position in sorted(statement.positions(sql)):
        yield f"a parameter is written :name, not {position}"
    for name in sorted(statement.parameters(sql) - job.params.keys() - RESERVED):
        near = suggestion(name, [*job.params, *RESERVED], ":{}")
        yield f"the parameter :{name} is not declared{near}; declare it: params = {{ {name} = … }}"


def _select(sql: str) -> Iterator[str]:
    if statement.verb(sql) not in {*_QUERIES, ""}:
        yield "it must be a query: SELECT …"
    for word in sorted(_CUTS & statement.clauses(sql)):
        yield f"{word} would limit each batch instead of the run; use: bgjobs run --limit N"


def _statement(sql: str, job: Job) -> Iterator[str]:
    verb = statement.verb(sql)
    if verb in _OUTSIDE:
        yield f"{verb} cannot run inside the transaction of a job"
    if job.select is not None and "batch" not in sql.lower():
        yield "it must read the relation batch, or it does the same for every batch"
