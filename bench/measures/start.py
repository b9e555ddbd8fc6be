"""What one firing costs: a job that does nothing, beside a script that writes the same two rows."""

from bench import jobs
from bench.figures import Aim, Figure, Row, Section, ratios
from bench.place import Place
from bench.rounds import in_turn
from bench.scale import Scale

_METHOD = """\
`python -I -m bgjobs run noop`, the line of a crontab less `--cron`, for a job whose statement is
`SELECT 1`; beside it a script that reads the URL from the same jobs.toml, connects, and inserts a
run's row and its audit row with a COMMIT each. Whole processes."""


def start(place: Place, scale: Scale) -> list[Section]:
    """A no-op run."""
    url = place.fresh()
    config = place.project(jobs.NOOP)
    # Two databases: a row by hand would be looked at by every later start.
    other = place.home / "by_hand.toml"
    other.write_text(config.read_text().replace(url, place.fresh(database="by_hand")))
    runner = place.runner
    contestants = {
        "bgjobs": lambda: runner.bgjobs("run", "noop").seconds,
        "hand": lambda: runner.script("noop", other).seconds,
    }
    in_turn(contestants, 1)  # the first run writes bytecode
    taken = in_turn(contestants, scale.starts, scale.seconds)
    return [
        Section(
            "A run that does nothing",
            _METHOD,
            [Row("bgjobs run", taken["bgjobs"]), Row("minimal psycopg script", taken["hand"])],
            [
                Figure(
                    "no-op `bgjobs run` : minimal psycopg script with the same inserts",
                    ratios(taken["bgjobs"], taken["hand"]),
                    Aim(1.3, at_least=False),
                )
            ],
        )
    ]
