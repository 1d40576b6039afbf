"""Hit ratio against memory, and items held by size of value: from `overtake-bench memory --json`."""

import charts
from figures import in_order, spread_of, style_of

FILL = "fill-"  # cases whose name ends with the mean size of a value
BARS_MB = 64


def median(runs, case, memory_mb, server, figure):
    """None where it was not measured."""
    spread = spread_of([figure(r) for r in runs if (r["case"], r["memory_mb"], r["server"])
                        == (case, memory_mb, server)])
    return spread and spread["median"]


def hit_ratio_panel(runs, servers):
    sizes = sorted({r["memory_mb"] for r in runs if r["case"] == "zipf"})
    lines = {}
    for server in servers:
        line = [(mb, median(runs, "zipf", mb, server, lambda r: r["replay"]["hit_ratio"]))
                for mb in sizes]
        lines[server] = [(mb, ratio) for mb, ratio in line if ratio is not None]
    ratios = [ratio for line in lines.values() for _, ratio in line]
    low, high = min(ratios), max(ratios)
    margin = (high - low) / 10 or 0.01
    panel = charts.Panel("Hit ratio, Zipf(0.9) over 400,000 keys",
                         charts.Axis("memory (-m), MB", 0, 1.03 * sizes[-1], ticks=sizes),
                         charts.Axis("hit ratio", low - margin, high + margin))
    for server, line in lines.items():
        panel.line(line, style_of(server))
    return panel


def items_panel(runs, servers):
    cases = list(dict.fromkeys(r["case"] for r in runs if r["case"].startswith(FILL)))
    sizes = {r["memory_mb"] for r in runs if r["case"] == cases[0]}
    memory_mb = BARS_MB if BARS_MB in sizes else min(sizes)
    items = {(i, server): median(runs, case, memory_mb, server, lambda r: r["store"]["items"])
             for i, case in enumerate(cases) for server in servers}
    items = {key: held / 1000 for key, held in items.items() if held is not None}
    panel = charts.Panel(
        f"Items held in steady eviction at -m {memory_mb}",
        charts.Axis("mean size of a value, bytes (log-normal); keys of 19 bytes", -0.5,
                    len(cases) - 0.5, ticks=range(len(cases)),
                    text=lambda i: cases[i].removeprefix(FILL)),
        charts.Axis("items, thousands", 0, 1.1 * max(items.values())))
    width = 1 / (len(servers) + 1)
    for (i, server), held in items.items():
        middle = i + (servers.index(server) - (len(servers) - 1) / 2) * width
        panel.bar(middle, width, held, style_of(server), f"{held:,.0f}")
    return panel


def picture(results):
    """SVG of what there is of the two; "" where there is neither."""
    runs, machine = results["runs"], results["machine"]
    servers = in_order({r["server"] for r in runs})
    panels = []
    if any(r["case"] == "zipf" for r in runs):
        panels.append(hit_ratio_panel(runs, servers))
    if any(r["case"].startswith(FILL) for r in runs):
        panels.append(items_panel(runs, servers))
    # A mode's name tells nothing here unless several are compared.
    names = {s: f"overtake, {s}" if len(servers) > 2 else "overtake" for s in servers}
    names["stock"] = f'memcached {machine["memcached"]}'
    heading = f'{machine["cpu"]}, {machine["cores"]} cores, {machine["kernel"]}'
    legend = [(names[server], style_of(server)) for server in servers]
    return charts.side_by_side(heading, panels, legend) if panels else ""
