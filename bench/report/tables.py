"""A study's figures as Markdown: latencies by scenario and server, and ratios of servers."""

from figures import (QUANTILES, compared, in_order, is_mode, label, ratio, scenario_named, servers_of,
                     text_of, times)

BASES = ("memcached", "stock")  # what others are held against


def _row(cells):
    return "| " + " | ".join(cells) + " |"


def _name(server, study):
    return f"`{server}`" if is_mode(server) else label(server, study)


def _ratio(scenario, server, base, quantile):
    spread = ratio(scenario, server, base, quantile)
    return text_of(spread, times) if spread else "–"


def point_table(study, scenario, point):
    """Latencies of one load by server, with p99 relative to mode memcached and to Debian's."""
    servers = servers_of(point)
    bases = [b for b in BASES if b in servers]
    heads = [f"p99 / {_name(b, study)}" for b in bases]
    rows = [_row(["µs", *QUANTILES, *heads, "rounds"]),
            _row(["---"] * (len(QUANTILES) + len(heads) + 2))]
    for name, server in servers.items():
        figures = compared(scenario, server)
        late = f' ({figures["invalid"]} invalid)' if figures["invalid"] else ""
        rows.append(_row([
            _name(name, study), *(text_of(figures[f"{q}_us"]) for q in QUANTILES),
            *(_ratio(scenario, server, servers[b], "p99") for b in bases),
            f'{server["rounds"]}{late}']))
    return "\n".join(rows)


def ratio_table(study, base, quantile):
    """A quantile of all servers relative to `base`, by scenario (those of one load)."""
    scenarios = [s for s in study["scenarios"]
                 if len(s["points"]) == 1 and base in servers_of(s["points"][0])]
    names = in_order({n for s in scenarios for n in servers_of(s["points"][0])} - {"echo", base})
    rows = [_row([f"{quantile} / {_name(base, study)}", *(s["name"] for s in scenarios)]),
            _row(["---"] * (len(scenarios) + 1))]
    for name in names:
        cells = []
        for scenario in scenarios:
            servers = servers_of(scenario["points"][0])
            cells.append(_ratio(scenario, servers.get(name), servers[base], quantile))
        rows.append(_row([_name(name, study), *cells]))
    return "\n".join(rows) if scenarios else ""


def heavy_cost(study):
    """p99 of light requests alone and beside heavy multigets, and how many times more that is."""
    alone, beside = (scenario_named(study, n) for n in ("light", "multigets"))
    if not alone or not beside:
        return ""
    without, with_heavy = servers_of(alone["points"][0]), servers_of(beside["points"][0])
    rows = [_row(["light requests, µs", "alone: p50", "p99", "beside multigets: p50", "p99",
                  "p99 / `memcached`", "p99 / memcached"]), _row(["---"] * 7)]
    for name, server in with_heavy.items():
        if name not in without:
            continue
        first, second = compared(alone, without[name]), compared(beside, server)
        rows.append(_row([
            _name(name, study), text_of(first["p50_us"]), text_of(first["p99_us"]),
            text_of(second["p50_us"]), text_of(second["p99_us"]),
            *(_ratio(beside, server, with_heavy.get(b), "p99") for b in BASES)]))
    return "\n".join(rows)


def markdown(study):
    """All tables, with headings."""
    parts = ["# Light requests alone and beside heavy multigets", heavy_cost(study)]
    for base, quantile in (("memcached", "p99"), ("stock", "p99"), ("memcached", "p50")):
        table = ratio_table(study, base, quantile)
        if table:
            parts += [f"# {quantile} relative to {label(base, study)}, by scenario: median of the "
                      "rounds' ratios (range)", table]
    for scenario in study["scenarios"]:
        for point in scenario["points"]:
            if point["servers"]:
                where = f': {point["name"]} {scenario["x_axis"]}' if point["name"] else ""
                parts += [f'# {scenario["title"]}{where}', point_table(study, scenario, point)]
    return "\n\n".join(parts) + "\n"
