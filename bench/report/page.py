"""The page that shows a study."""

import html
import json
import pathlib

import dots
from figures import (QUANTILES, compared, in_order, label, load_of, missing_of, number, range_of, ratio,
                     scenario_named, servers_of, spread_of, style_of, times)

HERE = pathlib.Path(__file__).resolve().parent
KINDS = {"p50": ("circle", "p50"), "p99": ("square", "p99"), "p999": ("diamond", "p99.9")}


def escaped(text):
    return html.escape(str(text))


def figure(content, caption):
    return f"<figure>{content}<figcaption>{caption}</figcaption></figure>" if content else ""


def spread_cell(spread):
    if spread is None:
        return "<td>–</td>"
    return f'<td>{number(spread["median"])} <small>{range_of(spread)}</small></td>'


def ratio_cell(spread):
    if spread is None:
        return "<td>–</td>"
    return f'<td>{times(spread["median"])} <small>{range_of(spread, times)}</small></td>'


def table_of(study, scenario, point):
    """Latencies of a load by server, and p99 relative to mode memcached of the same rounds."""
    servers = servers_of(point)
    rows = []
    for name, server in servers.items():
        figures = compared(scenario, server)
        note = f'generator late in {figures["invalid"]}' if figures["invalid"] else ""
        rows.append(
            f'<tr><th scope="row">{escaped(label(name, study))}</th>'
            + "".join(spread_cell(figures[f"{q}_us"]) for q in QUANTILES)
            + "".join(ratio_cell(ratio(scenario, server, servers.get("memcached"), q))
                      for q in ("p50", "p99"))
            + f'<td>{server["rounds"]}</td><td class="note">{note}</td></tr>')
    head = f'{point["name"]} {scenario["x_axis"]}: ' if point["name"] else ""
    specs = "<br>".join(escaped(spec) for spec in point["classes"])
    return f"""<table><caption>{escaped(head)}latency of “{escaped(scenario["compared"])}” in µs and
relative to mode memcached; median of the rounds (range)</caption>
<thead><tr><th></th><th>p50</th><th>p99</th><th>p99.9</th><th>p50, ratio</th><th>p99, ratio</th>
<th>rounds</th><th></th></tr></thead><tbody>{"".join(rows)}</tbody></table>
<p class="spec">{specs}</p>"""


def dots_of(study, scenario, point):
    rows = []
    for name, server in servers_of(point).items():
        figures = compared(scenario, server)
        marks = {kind: figures[f"{q}_us"] for kind, q in zip(KINDS, QUANTILES)}
        note = f'p99 {number(figures["p99_us"]["median"])} µs'
        if figures["invalid"]:
            note += f', {figures["invalid"]} late'
        rows.append((label(name, study), marks, note))
    return dots.picture(rows, KINDS, f'Latency by server: {scenario["title"]}')


def hol_picture(study):
    """p99 of light requests alone and beside heavy multigets, by server; "" without both."""
    alone, beside = (scenario_named(study, n) for n in ("light", "multigets"))
    if not alone or not beside:
        return ""
    light, heavy = load_of(alone, "light"), load_of(beside, "heavy")
    kinds = {"alone": ("circle", f'p99 of {light["rate"]:,g} light gets/s alone'),
             "beside": ("square", f'beside {heavy["rate"]:,g} multigets/s of {heavy["keys"]:,g} keys')}
    without = servers_of(alone["points"][0])
    rows = []
    for name, server in servers_of(beside["points"][0]).items():
        second = compared(beside, server)["p99_us"]
        marks, note = {"beside": second}, f'{number(second["median"])} µs'
        if name in without:
            marks["alone"] = compared(alone, without[name])["p99_us"]
            note = f'{number(marks["alone"]["median"])} → {note}'
        rows.append((label(name, study), marks, note))
    return dots.picture(rows, kinds, "p99 latency of light requests by server, alone and "
                        "beside heavy multigets: " + "; ".join(f"{r[0]} {r[2]}" for r in rows))


def finding_of(study, scenario):
    """What the figures say, in a sentence, so that it is always true of them."""
    servers = {n: s for n, s in servers_of(scenario["points"][0]).items() if n != "echo"}
    if len(servers) < 2:
        return ""
    p99 = {n: compared(scenario, s)["p99_us"]["median"] for n, s in servers.items()}
    low, high = min(p99, key=p99.get), max(p99, key=p99.get)
    parts = [f"At p99 {label(low, study)} is fastest with {number(p99[low])} µs, "
             f"{label(high, study)} slowest with {number(p99[high])} µs"]
    for name in ("ramcloud", "overtake"):
        spreads = [ratio(scenario, servers.get(name), servers.get("memcached"), q)
                   for q in ("p50", "p99")]
        if all(spreads):
            parts.append(f"{name} takes {times(spreads[0]['median'])} times mode memcached’s p50 "
                         f"and {times(spreads[1]['median'])} times its p99")
    late = sum(compared(scenario, s)["invalid"] for s in servers.values())
    if late:
        parts.append(f"in {late} runs the generator was so late that their tails are its own")
    return escaped("; ".join(parts) + ".")


CURVES = """Percentile curves: a point says which latency so many per cent of the requests do not
exceed. Each step to the right is ten times rarer, so the far right is the worst in 1,000 and more.
Median of the rounds; lower is better."""
LOADS = """p99 against offered load, up to saturation: where a curve turns upwards, queues have begun to
grow, and at its far end they have no end. The load generator shares the cores. Lower, and longer
flat, is better."""
DOTS = """Dots are medians of the rounds, lines reach from the least to the largest. “Late” counts
rounds in which the generator itself sent too late to tell."""


def section_of(study, scenario):
    points = [p for p in scenario["points"] if p["servers"]]
    if not points:
        return ""
    name, several = escaped(scenario["name"]), len(scenario["points"]) > 1
    chart = f'<div class="chart" data-scenario="{name}"></div>'
    if several:
        charts = figure(chart, LOADS)
    else:
        charts = figure(dots_of(study, scenario, points[0]),
                        f"{finding_of(study, scenario)} {DOTS}") + figure(chart, CURVES)
    tables = "".join(table_of(study, scenario, point) for point in points)
    return f"""<section id="{name}"><h2>{escaped(scenario["title"])}</h2>
<p>{escaped(scenario["why"])}</p>{charts}{tables}</section>"""


def conditions_of(study):
    plan = study["plan"]
    machine = plan["machine"]
    servers = "".join(
        f'<li>{escaped(label(s["name"], study))} <code>{escaped(" ".join(s["flags"]))}</code></li>'
        for s in plan["servers"])
    stolen = spread_of([r["stolen"] for s in study["scenarios"] for p in s["points"]
                        for server in p["servers"] for r in compared(s, server)["rounds"]])
    taken = (f'The hypervisor took {100 * stolen["median"]:.1f} % of the processors’ time in the '
             f'median run, {100 * stolen["max"]:.1f} % at most.' if stolen else "")
    return f"""<section id="conditions"><h2>Conditions</h2>
<p>{escaped(machine["cpu"])}, {machine["cores"]} cores, {escaped(machine["kernel"])};
memcached {escaped(machine["memcached"])}; commit {escaped(machine["commit"])}.
{plan["rounds"]} rounds of {plan["seconds"]:g} s after {plan["warmup"]:g} s of warm-up; seeds
{plan["seed"]} to {plan["seed"] + plan["rounds"] - 1}, one a round, the same for all servers, in
turns. Load and servers share the machine. Open loop: latency counts from when a request was due.
{taken}</p>
<ul class="flags">{servers}</ul></section>"""


def missing_section(sentences):
    if not sentences:
        return ""
    return ('<section id="missing"><h2>What is missing</h2><ul>'
            + "".join(f"<li>{escaped(s)}</li>" for s in sentences) + "</ul></section>")


def timelines_section(study, pictures):
    """pictures: {mode: (SVG, summary)}."""
    if not pictures:
        return ""
    keys = load_of(scenario_named(study, "multigets"), "heavy")["keys"]
    parts = "".join(f"<figure><figcaption><b>{escaped(mode)}</b>: {escaped(summary)}</figcaption>"
                    f"{svg}</figure>" for mode, (svg, summary) in pictures.items())
    return f"""<section id="timelines"><h2>20 ms around a heavy request</h2>
<p>The same 20 ms of the same schedule, once for each mode, from the servers’ traces and the client’s
clock. Rows are threads. A bar is a request, from when it was due until the client had its reply,
in the row of the thread that executed it: hatched while it waits, solid while it is executed, pale
while its reply is on the way. <span class="key light"></span> light gets, <span
class="key heavy"></span> multigets of {keys:,g} keys. Bars of one row lie below each other where requests
waited together for the same thread; of more than 20 the rest is only counted.</p>{parts}</section>"""


def embedded(data):
    """JSON that can stand inside a script element."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def page(study, timelines, missing_timelines):
    css = "".join((HERE / name).read_text()
                  for name in ("uplot/uPlot.min.css", "picture.css", "report.css"))
    library = (HERE / "uplot/uPlot.iife.min.js").read_text()
    hol = figure(hol_picture(study), "Head-of-line blocking: p99 of the same light requests, alone "
                 f"and beside heavy multigets. {DOTS}")
    servers = {name: {"label": label(name, study), **style_of(name)}
               for name in in_order(s["name"] for s in study["plan"]["servers"])}
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Overtake: the study</title>
<meta name="viewport" content="width=device-width">
<style>{css}</style></head><body>
<h1>What a threading architecture does to the tail</h1>
{hol}{timelines_section(study, timelines)}
{missing_section(missing_of(study) + missing_timelines)}
{"".join(section_of(study, scenario) for scenario in study["scenarios"])}
{conditions_of(study)}
<script type="application/json" id="study">{embedded(study)}</script>
<script type="application/json" id="servers">{embedded(servers)}</script>
<script type="application/json" id="plotted"></script>
<script>{library}</script>
<script>{(HERE / "report.js").read_text()}</script>
</body></html>
"""
