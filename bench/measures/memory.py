"""The peak of memory by the number of records."""

from bench import jobs
from bench.figures import Aim, Figure, Row, Section, ratios
from bench.place import Place
from bench.rounds import in_turn
from bench.scale import Scale

_METHOD = """\
VmHWM as /proc has it, in MB, of both processes of `bgjobs run`: the one that works the handler's
job, and its supervisor, from which it was forked and with which it shares most of its pages (they
count in both). Batches of {batch}."""


def memory(place: Place, scale: Scale) -> list[Section]:
    """Few records and many."""
    few = min(10_000, scale.small)
    place.project(jobs.HANDLER)
    jobs.put_handlers(place.home)
    many = scale.large
    supervisors: dict[int, list[float]] = {few: [], many: []}

    def worker(records: int) -> float:
        place.fresh(records)
        supervisor, works = place.runner.peaks("run", "score")
        supervisors[records].append(supervisor)
        return works

    contestants = {"few": lambda: worker(few), "many": lambda: worker(many)}
    taken = in_turn(contestants, min(scale.few, 2), scale.seconds)
    return [
        Section(
            "Memory",
            _METHOD.format(batch=jobs.BATCH),
            [
                Row(f"the working process, {few:,} records", taken["few"], note="MB"),
                Row(f"the working process, {many:,} records", taken["many"], note="MB"),
                Row(f"its supervisor, {few:,} records", supervisors[few], note="MB"),
                Row(f"its supervisor, {many:,} records", supervisors[many], note="MB"),
            ],
            [
                Figure(
                    f"peak memory at {many:,} : at {few:,} records",
                    ratios(taken["many"], taken["few"]),
                    Aim(1.1, at_least=False),
                ),
                Figure(
                    "… of the working process, in MB",
                    taken["many"],
                    Aim(60, at_least=False, unit=" MB"),
                ),
            ],
        )
    ]
