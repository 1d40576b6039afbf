"""Latency against load, and the most that is served: from `overtake-bench simulate --json`."""

import charts
from dots import time_label
from figures import in_order, style_of


def latency_panel(points, modes, cores):
    lines = {mode: [(p["load"], p["light"]["p99_us"]) for p in points
                    if (p["mode"], p["cores"]) == (mode, cores) and not p["saturated"]]
             for mode in modes}
    values = [us for line in lines.values() for _, us in line] or [1, 10]
    panel = charts.Panel(f"{cores} cores: light requests beside heavy ones",
                         charts.Axis("offered load, share of the cores’ time", 0, 1),
                         charts.Axis("p99 of light requests, logarithmic", min(values) / 1.5,
                                     max(values) * 1.5, logarithmic=True, text=time_label))
    for mode, line in lines.items():
        panel.line(line, style_of(mode))
    return panel


def saturation_panel(points, modes):
    cores = sorted({p["cores"] for p in points})
    served = [p["per_second"] / 1000 for p in points]
    panel = charts.Panel("Light requests alone: the most that is served",
                         charts.Axis("cores", cores[0] / 1.1, cores[-1] * 1.1, logarithmic=True,
                                     ticks=cores),
                         charts.Axis("thousand requests a second, logarithmic", min(served) / 1.5,
                                     max(served) * 1.5, logarithmic=True))
    for mode in modes:
        panel.line([(p["cores"], p["per_second"] / 1000) for p in points if p["mode"] == mode],
                   style_of(mode))
    return panel


def picture(results):
    """SVG; "" where nothing was simulated."""
    loads, saturation = results["loads"], results["saturation"]
    modes = in_order({p["mode"] for p in loads + saturation})
    sizes = dict.fromkeys(p["cores"] for p in loads)
    panels = [latency_panel(loads, modes, cores) for cores in sizes]
    if saturation:
        panels.append(saturation_panel(saturation, modes))
    w = results["workload"]
    heading = (f'Simulated. {w["heavy_per_light"]:g} heavy requests ({w["keys"]:,} keys × '
               f'{w["value_size"]} B) for each light one; {w["light_connections"]} + '
               f'{w["heavy_connections"]} connections a core; a line ends where work piles up')
    legend = [(mode, style_of(mode)) for mode in modes]
    return charts.side_by_side(heading, panels, legend) if panels else ""
