#!/usr/bin/env python3
"""Shows what overtake-bench has measured: make_report.py <results> [--docs <folder>]

The results are a folder that `overtake-bench study` or `compare` writes: study.json and, if there,
trace-<mode>.json and clients-<mode>.json. Written into it:

  report.html   everything on one page that needs nothing else
  tables.md     the figures as Markdown

Or they are the file that `overtake-bench memory --json` or `simulate --json` writes: a picture goes
beside it, of the same name.

With --docs pictures for the documentation go into the folder named: hol.svg and timeline.svg,
hit-ratio.svg or simulator.svg. Exit status 2: there are no such results.
"""

import argparse
import json
import pathlib
import re
import sys

import joined_trace
import memory
import page
import simulation
import tables
import timeline
from figures import in_order, is_mode

HERE = pathlib.Path(__file__).resolve().parent


def read(path):
    return json.loads(path.read_text())


def timelines_of(folder, study):
    """({mode: (SVG, summary)}, sentences about what is missing)."""
    traces, missing = {}, []
    planned = in_order(s["name"] for s in study["plan"]["servers"] if is_mode(s["name"]))
    if "multigets" not in study["plan"]["scenarios"]:
        return {}, []
    for mode in sorted(planned, key=lambda m: m not in timeline.SHOWN_FIRST):
        try:
            requests = joined_trace.joined(read(folder / f"trace-{mode}.json"),
                                           read(folder / f"clients-{mode}.json"))
        except (OSError, ValueError):
            requests = []
        if requests:
            traces[mode] = requests
        else:
            missing.append(f"time line of {mode}: no trace")
    window = timeline.window_of(traces)
    if window is None:
        return {}, missing or ["time lines: no heavy request is in all traces"]
    return {m: timeline.picture_of(m, r, window) for m, r in traces.items()}, missing


def standalone(svg):
    """An SVG from the page as a file of its own: with its style, on paper of its own."""
    css = re.sub(r"/\*.*?\*/", "", (HERE / "picture.css").read_text())
    background = '<rect class="paper" x="-12" y="-8" width="100%" height="100%"/>'
    width, height = (float(n) for n in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())
    svg = re.sub(r'viewBox="[^"]*"', f'viewBox="-12 -8 {width + 24:g} {height + 16:g}" '
                 f'width="{width + 24:g}" height="{height + 16:g}"', svg, count=1)
    return svg.replace(">", f"><style>{css}</style>{background}", 1) + "\n"


def stacked(pictures):
    """The time lines of SHOWN_FIRST below each other, as one picture."""
    shown = [(m, pictures[m]) for m in timeline.SHOWN_FIRST if m in pictures]
    if not shown:
        return ""
    parts, y = [], 0
    for mode, (svg, summary) in shown:
        height = float(re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', svg).group(1))
        parts.append(f'<text class="name" x="0" y="{y + 14}"><tspan font-weight="bold">{mode}'
                     f"</tspan>: {summary}</text>")
        parts.append(re.sub(r'viewBox="0 0 [\d.]+ [\d.]+"',
                            f'x="0" y="{y + 22}" width="{timeline.WIDTH}" height="{height}"', svg))
        y += height + 40
    return (f'<svg class="timeline" xmlns="http://www.w3.org/2000/svg" '
            f'viewBox="0 0 {timeline.WIDTH} {y}" role="img" aria-label="Time lines of 20 ms around '
            f'a heavy request, by mode">{"".join(parts)}</svg>')


def study_files(folder, docs):
    """{path: text} of what shows the study in a folder."""
    study = read(folder / "study.json")
    if not isinstance(study, dict) or not {"plan", "scenarios"} <= study.keys():
        raise ValueError("study.json is something else")
    pictures, missing = timelines_of(folder, study)
    files = {folder / "report.html": page.page(study, pictures, missing),
             folder / "tables.md": tables.markdown(study)}
    if docs:
        for name, svg in (("hol", page.hol_picture(study)), ("timeline", stacked(pictures))):
            if svg:
                files[docs / f"{name}.svg"] = standalone(svg)
            else:
                print(f"make_report.py: {name}.svg is not made, its figures are missing",
                      file=sys.stderr)
    return files


def picture_files(path, docs):
    """{path: text} of the picture of a file of results."""
    results = read(path)
    keys = results.keys() if isinstance(results, dict) else set()
    if {"loads", "saturation", "workload"} <= keys:
        svg, name = simulation.picture(results), "simulator"
    elif {"runs", "machine"} <= keys and all("case" in run for run in results["runs"]):
        svg, name = memory.picture(results), "hit-ratio"
    else:
        raise ValueError("results of something else")
    if not svg:
        print(f"make_report.py: {path} holds nothing that is drawn", file=sys.stderr)
        return {}
    return {docs / f"{name}.svg" if docs else path.with_suffix(".svg"): standalone(svg)}


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--docs", type=pathlib.Path, help="where pictures for documentation go")
    options = parser.parse_args(arguments)
    make = picture_files if options.results.is_file() else study_files
    try:
        files = make(options.results, options.docs)
    except (OSError, ValueError) as error:
        print(f"make_report.py: nothing to show in {options.results}: {error}", file=sys.stderr)
        return 2
    for path, text in files.items():
        path.write_text(text)
        print(f"written: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
