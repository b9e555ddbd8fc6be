"""The health of other automation: a handler called once, with parameters."""

from bgjobs import Run

_RATES = """
SELECT rule.name, count(*), count(*) FILTER (WHERE succeeded)
  FROM automation JOIN rule ON rule.id = automation.rule_id
 WHERE started_at >= %(now)s - interval '24 hours' AND started_at < %(now)s
 GROUP BY rule.name ORDER BY rule.name
"""


def check(run: Run) -> int:
    """Send an alert when the share of successes of all rules together is below the threshold."""
    rates = run.connection.execute(_RATES, {"now": run.slot}).fetchall()
    total, good = sum(row[1] for row in rates), sum(row[2] for row in rates)
    run.count("succeeded", good)
    run.count("failed", total - good)
    if total and good / total < run.params["threshold"]:
        lines = [f"{name}: {won} of {tried}" for name, tried, won in rates]
        message = {
            "to": run.params["email"],
            "subject": f"Only {good / total:.0%} of the automations succeeded",
            "text": "\n".join(lines),
        }
        run.send(message, key=f"rules:{run.slot:%Y-%m-%d}")
        run.count("alerts")
    return len(rates)
