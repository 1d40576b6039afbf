"""What a study says (study.json of `overtake-bench study`), for pictures and tables.

Latencies are in microseconds. A spread is {"median", "min", "max"} over the rounds.
"""

import re

# How servers are shown, in this order: the floor, Debian's memcached, then modes. Okabe and Ito's
# colours, which the colour-blind can tell apart; dashes and shapes for paper without any.
STYLES = {
    "echo": {"stroke": "#888888", "dash": [2, 3], "shape": "circle"},
    "stock": {"stroke": "#e69f00", "dash": [8, 4], "shape": "square"},
    "memcached": {"stroke": "#009e73", "dash": [], "shape": "circle"},
    "reuseport": {"stroke": "#1f7fc4", "dash": [3, 5], "shape": "diamond"},
    "node": {"stroke": "#56b4e9", "dash": [2, 2], "shape": "square"},
    "nginx": {"stroke": "#cc79a7", "dash": [5, 2], "shape": "triangle"},
    "ramcloud": {"stroke": "#d55e00", "dash": [10, 3, 2, 3], "shape": "square"},
    "ramcloud-reserve": {"stroke": "#a34700", "dash": [6, 3], "shape": "triangle"},
    "ramcloud-size": {"stroke": "#f0955a", "dash": [2, 4], "shape": "circle"},
    "overtake": {"stroke": "#e0357f", "dash": [], "shape": "diamond", "width": 3},
}
QUANTILES = ("p50", "p99", "p99.9")


def in_order(servers):
    """Those that have no style come last, by name."""
    known = list(STYLES)
    return sorted(servers, key=lambda s: (known.index(s), "") if s in STYLES else (len(known), s))


def style_of(server):
    return STYLES.get(server, {"stroke": "#888888", "dash": [], "shape": "circle"})


def is_mode(server):
    return server not in ("echo", "stock")


def label(server, study):
    """What a reader is told: `stock` is whichever memcached was installed."""
    if server == "stock":
        return f'memcached {study["plan"]["machine"]["memcached"]}'
    return {"echo": "floor (echo)", "memcached": "mode memcached"}.get(server, server)


def number(value):
    """Three digits or more, as precise as a latency on a busy machine deserves."""
    if value < 10:
        return f"{value:.2g}"
    return f"{value:,.0f}"


def range_of(spread, form=number):
    """"(low–high)", or "" where there was one round."""
    if spread["min"] == spread["max"]:
        return ""
    return f'({form(spread["min"])}–{form(spread["max"])})'


def text_of(spread, form=number):
    return f'{form(spread["median"])} {range_of(spread, form)}'.rstrip()


def spread_of(values):
    """None where there are none."""
    if not values:
        return None
    values = sorted(values)
    middle = len(values) // 2
    median = values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
    return {"median": median, "min": values[0], "max": values[-1]}


def servers_of(point):
    """A point's servers, as they are to be shown: name -> what the study says of it."""
    servers = {server["name"]: server for server in point["servers"]}
    return {name: servers[name] for name in in_order(servers)}


def compared(scenario, server):
    """The figures of the class that a scenario is about."""
    return server["classes"][scenario["compared"]]


def ratio(scenario, server, base, quantile):
    """Spread of one server's latency relative to another's, of the same round, and so of the same
    schedule; None where they have no round in common."""
    def rounds(of):
        figures = compared(scenario, of)["rounds"] if of else []
        return {figure["round"]: figure[f"{quantile}_us"] for figure in figures}

    mine, theirs = rounds(server), rounds(base)
    return spread_of([mine[r] / theirs[r] for r in mine if theirs.get(r)])


def times(value):
    if value < 0.1:
        return f"{value:.2g}"
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"


def load_of(scenario, name):
    """The numbers of a class, {"rate": 5000, ...}, as the spec of it at the scenario's first point
    has them; {} without it."""
    spec = next((s for s in scenario["points"][0]["classes"] if s.startswith(f"{name}=")), "")
    pairs = re.findall(r",(\w+)=([\d.]+)(?=,|$)", spec)
    return {key: float(number) for key, number in pairs}


def scenario_named(study, name):
    return next((s for s in study["scenarios"] if s["name"] == name), None)


def missing_of(study):
    """Sentences about what the study was to measure and did not."""
    runs = {}
    for run in study.get("missing", []):
        runs.setdefault((run["scenario"], run["point"], run["server"]), []).append(run["run"])
    sentences = []
    for (scenario, point, server), keys in runs.items():
        why = next((study["failures"][key] for key in keys if key in study["failures"]), "not made")
        where = f"{scenario} {point}".strip()
        sentences.append(f'{where}, {server}: {len(keys)} of {study["plan"]["rounds"]} rounds '
                         f'({why.strip()})')
    return sentences
