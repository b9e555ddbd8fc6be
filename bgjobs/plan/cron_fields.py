"""Sets of numbers as the text of cron's fields, in few characters and few lines."""

from collections.abc import Callable, Iterable, Iterator

from bgjobs.expression import FIELDS, runs

_A_RUN = 3

Numbers = frozenset[int]
Rectangle = tuple[Numbers, Numbers]


def rectangles(times: list[int]) -> list[Rectangle]:
    """Numbers of the day as few pairs of minutes and hours, no time in two of them."""
    by_hour = _grouped(times, lambda at: at // 60, lambda at: at % 60)
    by_minute = _grouped(times, lambda at: at % 60, lambda at: at // 60)
    if len(by_minute) < len(by_hour):
        return [(minutes, hours) for hours, minutes in by_minute]
    return by_hour


def _grouped(
    times: list[int], key: Callable[[int], int], rest: Callable[[int], int]
) -> list[Rectangle]:
    """(what the keys of a group share, its keys) for each group of keys that share the same."""
    of: dict[int, set[int]] = {}
    for at in times:
        of.setdefault(key(at), set()).add(rest(at))
    groups: dict[Numbers, set[int]] = {}
    for one, shared in of.items():
        groups.setdefault(frozenset(shared), set()).add(one)
    return [(shared, frozenset(keys)) for shared, keys in groups.items()]


def field_text(number: int, values: Iterable[int]) -> str:
    """The shortest text for a field's values; a leading `*` wherever it can be said so."""
    wanted, field = sorted(values), FIELDS[number]
    for step in range(1, field.high + 1):
        if wanted == list(range(field.low, field.high + 1, step)):
            return "*" if step == 1 else f"*/{step}"
    return list_text(wanted)


def list_text(values: list[int]) -> str:
    """The text of rising values that does not begin with `*`, whatever they are."""
    return ",".join(_pieces(values))


def _pieces(values: list[int]) -> Iterator[str]:
    step = values[1] - values[0] if len(values) >= _A_RUN else 1
    if step > 1 and values == list(range(values[0], values[-1] + 1, step)):
        yield f"{values[0]}-{values[-1]}/{step}"
        return
    for first, last in runs(values):
        if last - first + 1 >= _A_RUN:
            yield f"{first}-{last}"
        else:
            yield from map(str, range(first, last + 1))
