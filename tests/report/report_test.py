#!/usr/bin/env python3
"""The report of a study holds the study's numbers, in its tables and in what its charts plot.

Opens the page in a headless Chromium; exit status 77 (skipped) where there is none.
"""

import html.parser
import json
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")


def browser():
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def figures(base):
    def spread(value):
        return {"median": value, "min": value * 0.9, "max": value * 1.2}

    return {
        "p50_us": spread(base),
        "p99_us": spread(base * 7),
        "p99.9_us": spread(base * 31),
        "requests_per_second": spread(5000),
        "invalid": 1 if base > 100 else 0,
        "curve": [[0, base / 2], [90, base * 3], [99, base * 7], [99.9, base * 31]],
    }


def point(name, x, base):
    servers = [
        {"name": server, "rounds": 3, "classes": {"light": figures(base * (i + 1))}}
        for i, server in enumerate(("stock", "overtake"))
    ]
    return {"name": name, "x": x, "classes": ["light=get,rate=5"], "servers": servers}


def scenario(name, points, x_axis=""):
    return {"name": name, "title": f"Title of {name} <&>", "why": "Because.", "compared": "light",
            "x_axis": x_axis, "points": points}


STUDY = {
    "scenarios": [
        scenario("light", [point("", 0, 71.5)]),
        scenario("offered-load", [point("10000", 10000, 80), point("20000", 20000, 160)], "gets/s"),
        scenario("empty", [{"name": "", "x": 0, "classes": [], "servers": []}]),
    ],
    "plan": {
        "machine": {"cpu": "A CPU", "cores": 2, "kernel": "Linux", "memcached": "1.6.18",
                    "commit": "abc"},
        "rounds": 3, "seconds": 3, "warmup": 0.5, "seed": 1, "quick": False,
        "servers": [{"name": "stock", "flags": ["-t", "2"]}, {"name": "overtake", "flags": []}],
        "scenarios": ["light"],
    },
}


def edge(phase, name, key, ts):
    return {"ph": phase, "cat": "request", "pid": 2, "tid": 9, "id": key, "ts": ts, "name": name}


TRACE = {
    "traceEvents": [
        {"ph": "M", "pid": 1, "tid": 0, "name": "thread_name", "args": {"name": "overtake-rd-0"}},
        {"ph": "X", "pid": 1, "tid": 0, "ts": 120.0, "dur": 900.0, "name": "get",
         "args": {"request": "0.1"}},
        edge("b", "get", "0.1", 100.0), edge("b", "wait", "0.1", 100.0),
        edge("e", "wait", "0.1", 120.0), edge("e", "get", "0.1", 1050.0),
    ]
}


class Page(html.parser.HTMLParser):
    """What of a page matters here: ids' texts, and the numbers of elements."""

    def __init__(self, text):
        super().__init__()
        self.texts, self.counts, self.sources, self._id = {}, {}, [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.sources += [attrs[name] for name in ("src", "href") if name in attrs]
        self._id = attrs.get("id") if tag == "script" else None

    def handle_data(self, data):
        if self._id:
            self.texts[self._id] = self.texts.get(self._id, "") + data


class ReportTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.folder = pathlib.Path(self._folder.name)

    def make(self):
        return subprocess.run(
            [sys.executable, ROOT / "bench/report/make_report.py", self.folder],
            capture_output=True, text=True, check=False)

    def make_page(self):
        (self.folder / "study.json").write_text(json.dumps(STUDY))
        (self.folder / "trace-overtake.json").write_text(json.dumps(TRACE))
        made = self.make()
        self.assertEqual(made.returncode, 0, made.stderr)
        return self.folder / "report.html"

    def opened(self, path):
        shown = subprocess.run(
            [browser(), "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000",
             f"--user-data-dir={self.folder}/profile", "--dump-dom", path.as_uri()],
            capture_output=True, text=True, timeout=90, check=True)
        return Page(shown.stdout)

    def test_charts_plot_what_was_measured(self):
        page = self.opened(self.make_page())
        plotted = json.loads(page.texts["plotted"])
        self.assertEqual(set(plotted), {"light", "offered-load"})
        self.assertEqual(page.counts["canvas"], 2)
        for server in STUDY["scenarios"][0]["points"][0]["servers"]:
            line = plotted["light"][server["name"]]
            curve = server["classes"]["light"]["curve"]
            self.assertEqual([y for _, y in line], [us for _, us in curve])
            for (x, _), (percentile, _) in zip(line, curve):
                self.assertAlmostEqual(x, -math.log10(1 - percentile / 100), places=6)
        for i, load in enumerate(STUDY["scenarios"][1]["points"]):
            for server in load["servers"]:
                p99 = server["classes"]["light"]["p99_us"]["median"]
                self.assertEqual(plotted["offered-load"][server["name"]][i], [load["x"], p99])

    def test_the_page_stands_alone(self):
        text = self.make_page().read_text()
        page = Page(text)
        self.assertEqual(page.sources, [])
        self.assertEqual(json.loads(page.texts["study"]), STUDY)
        self.assertIn("500 <small>(450–601)</small>", text)  # p99 of stock: 7 x 71.5
        self.assertIn("generator late in 1", text)
        self.assertIn("Title of light &lt;&amp;&gt;", text)
        self.assertIn("waited 20 µs, executed 900 µs, sent after 30 µs", text)

    def test_a_folder_without_a_study_is_refused(self):
        self.assertEqual(self.make().returncode, 2)


if __name__ == "__main__":
    if browser() is None:
        print("there is no Chromium (chromium-headless-shell)")
        sys.exit(77)
    unittest.main()
