#!/usr/bin/env python3
"""Makes one HTML page of a study: make_report.py <folder> [<page>]

The folder is what `overtake-bench study` writes: study.json and, if there, trace-<mode>.json. The
page (by default report.html in the folder) holds everything it needs. Exit status 2: the folder
holds no study.
"""

import html
import json
import pathlib
import sys

import timeline

HERE = pathlib.Path(__file__).resolve().parent
QUANTILES = ("p50_us", "p99_us", "p99.9_us")


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def spread(figures):
    """A median with its range: {"median", "min", "max"}."""
    if figures["min"] == figures["max"]:
        return number(figures["median"])
    low, high = number(figures["min"]), number(figures["max"])
    return f'{number(figures["median"])} <small>({low}–{high})</small>'


def rows_of(point, compared):
    for server in point["servers"]:
        figures = server["classes"][compared]
        cells = "".join(f"<td>{spread(figures[quantile])}</td>" for quantile in QUANTILES)
        note = f'generator late in {figures["invalid"]}' if figures["invalid"] else ""
        yield (
            f'<tr><th scope="row">{html.escape(server["name"])}</th>{cells}'
            f'<td>{server["rounds"]}</td><td>{note}</td></tr>'
        )


def table_of(point, scenario):
    caption = f'{point["name"]} {scenario["x_axis"]}: ' if point["name"] else ""
    specs = "<br>".join(html.escape(spec) for spec in point["classes"])
    return f"""<details class="figures" {'' if point["name"] else 'open'}>
<summary>{html.escape(caption)}latency of “{html.escape(scenario["compared"])}” in µs,
median of the rounds (range)</summary>
<table><thead><tr><th></th><th>p50</th><th>p99</th><th>p99.9</th><th>rounds</th><th></th></tr></thead>
<tbody>{"".join(rows_of(point, scenario["compared"]))}</tbody></table>
<p class="spec">{specs}</p></details>"""


def section_of(scenario):
    name = html.escape(scenario["name"])
    tables = "".join(table_of(point, scenario) for point in scenario["points"] if point["servers"])
    if not tables:
        return ""
    return f"""<section id="{name}"><h2>{html.escape(scenario["title"])}</h2>
<p>{html.escape(scenario["why"])}</p>
<div class="chart" data-scenario="{name}"></div>{tables}</section>"""


def conditions_of(plan):
    machine = plan["machine"]
    servers = "".join(
        f'<li><b>{html.escape(s["name"])}</b> <code>{html.escape(" ".join(s["flags"]))}</code></li>'
        for s in plan["servers"]
    )
    return f"""<section><h2>Conditions</h2>
<p>{html.escape(machine["cpu"])}, {machine["cores"]} cores, {html.escape(machine["kernel"])};
memcached {html.escape(machine["memcached"])}; commit {html.escape(machine["commit"])}.
{plan["rounds"]} rounds of {plan["seconds"]:g} s after {plan["warmup"]:g} s of warm-up, seed
{plan["seed"]} and up, a seed a round, the same for all servers. Load and servers share the machine.
Open loop: latency counts from when a request was due.</p><ul>{servers}</ul></section>"""


def embedded(data):
    """JSON that can stand inside a script element."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def page(study, timelines):
    css = (HERE / "uplot/uPlot.min.css").read_text() + (HERE / "report.css").read_text()
    library = (HERE / "uplot/uPlot.iife.min.js").read_text()
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Overtake: the study</title>
<meta name="viewport" content="width=device-width">
<style>{css}</style></head><body>
<h1>Threading architectures under the same loads</h1>
{conditions_of(study["plan"])}
{"".join(section_of(scenario) for scenario in study["scenarios"])}
{timelines}
<script type="application/json" id="study">{embedded(study)}</script>
<script type="application/json" id="plotted"></script>
<script>{library}</script>
<script>{(HERE / "report.js").read_text()}</script>
</body></html>
"""


def timelines_of(folder, study):
    """A picture for each mode that was traced, in the order of the study's servers."""
    pictures = []
    for server in study["plan"]["servers"]:
        path = folder / f'trace-{server["name"]}.json'
        if path.exists():
            picture = timeline.picture_of(json.loads(path.read_text())["traceEvents"])
            pictures.append(f'<h3>{html.escape(server["name"])}</h3>{picture}')
    if not pictures:
        return ""
    return f"""<section id="timelines"><h2>20 ms around a heavy request</h2>
<p>Threads are rows. A request is hatched while it waits, from when it was read until a thread
executes it; solid while it is executed; pale until its reply was handed to the kernel. Dark ones are
multigets of 4,000 keys.</p>{"".join(pictures)}</section>"""


def main(arguments):
    if len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    folder = pathlib.Path(arguments[1])
    out = pathlib.Path(arguments[2]) if len(arguments) == 3 else folder / "report.html"
    try:
        study = json.loads((folder / "study.json").read_text())
    except (OSError, ValueError) as error:
        print(f"make_report.py: no study in {folder}: {error}", file=sys.stderr)
        return 2
    out.write_text(page(study, timelines_of(folder, study)))
    print(f"written: {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
