#!/usr/bin/env python3
"""Shows a study: make_report.py <folder> [--docs <folder>]

The folder is what `overtake-bench study` writes: study.json and, if there, trace-<mode>.json and
clients-<mode>.json. Written into it:

  report.html   everything on one page that needs nothing else
  tables.md     the figures as Markdown

With --docs also pictures for the documentation, into the folder named: hol.svg and timeline.svg.
Exit status 2: the folder holds no study.
"""

import argparse
import json
import pathlib
import re
import sys

import joined_trace
import page
import tables
import timeline
from figures import MODES

HERE = pathlib.Path(__file__).resolve().parent


def read(path):
    return json.loads(path.read_text())


def timelines_of(folder, study):
    """({mode: (SVG, summary)}, sentences about what is missing)."""
    traces, missing = {}, []
    planned = [s["name"] for s in study["plan"]["servers"] if s["name"] in MODES]
    if "multigets" not in study["plan"]["scenarios"]:
        return {}, []
    for mode in sorted(planned, key=lambda m: (m not in timeline.SHOWN_FIRST, MODES.index(m))):
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


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--docs", type=pathlib.Path, help="where pictures for documentation go")
    options = parser.parse_args(arguments)
    try:
        study = read(options.folder / "study.json")
        if not isinstance(study, dict) or not {"plan", "scenarios"} <= study.keys():
            raise ValueError("study.json is something else")
    except (OSError, ValueError) as error:
        print(f"make_report.py: no study in {options.folder}: {error}", file=sys.stderr)
        return 2
    pictures, missing = timelines_of(options.folder, study)
    files = {options.folder / "report.html": page.page(study, pictures, missing),
             options.folder / "tables.md": tables.markdown(study)}
    if options.docs:
        for name, svg in (("hol", page.hol_picture(study)), ("timeline", stacked(pictures))):
            if svg:
                files[options.docs / f"{name}.svg"] = standalone(svg)
            else:
                print(f"make_report.py: {name}.svg is not made, its figures are missing",
                      file=sys.stderr)
    for path, text in files.items():
        path.write_text(text)
        print(f"written: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
