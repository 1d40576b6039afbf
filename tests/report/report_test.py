#!/usr/bin/env python3
"""The report of a study holds the study's numbers, in its tables and in what its charts show.

Opens the page in a headless Chromium, and fails where there is none.
"""

import html.parser
import json
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
SVG = "{http://www.w3.org/2000/svg}"
DIAMOND = 6.5  # from its left to its middle
KINDS = {"p50": "p50_us", "p99": "p99_us", "p999": "p99.9_us"}


def figures(base):
    def spread(value):
        return {"median": value, "min": value * 0.9, "max": value * 1.2}

    return {
        "p50_us": spread(base),
        "p99_us": spread(base * 7),
        "p99.9_us": spread(base * 31),
        "requests_per_second": spread(5000),
        "invalid": 1 if base > 100 else 0,
        "rounds": [{"round": r, "stolen": 0.01, "p50_us": base * (1 + r), "p99_us": base * 7,
                    "p99.9_us": base * 31} for r in range(3)],
        "curve": [[0, base / 2], [90, base * 3], [99, base * 7], [99.9, base * 31]],
    }


def point(name, x, base, servers=("stock", "memcached", "overtake")):
    return {"name": name, "x": x,
            "classes": ["light=get,rate=5000,keys=1", "heavy=get,rate=100,keys=4000"],
            "servers": [{"name": server, "rounds": 3,
                         "classes": {"light": figures(base * (i + 1))}}
                        for i, server in enumerate(servers)]}


def scenario(name, points, x_axis=""):
    return {"name": name, "title": f"Title of {name} <&>", "why": "Because.", "compared": "light",
            "x_axis": x_axis, "points": points}


STUDY = {
    "scenarios": [
        scenario("light", [point("", 0, 71.5)]),
        scenario("multigets", [point("", 0, 200, ("stock", "memcached"))]),
        scenario("offered-load", [point("10000", 10000, 80), point("20000", 20000, 160)], "gets/s"),
        scenario("bursts", [{"name": "", "x": 0, "classes": [], "servers": []}]),
    ],
    "plan": {
        "machine": {"cpu": "A CPU", "cores": 2, "kernel": "Linux", "memcached": "1.6.18",
                    "commit": "abc"},
        "rounds": 3, "seconds": 3, "warmup": 0.5, "seed": 1, "quick": False,
        "servers": [{"name": "stock", "flags": ["-t", "2"]}, {"name": "memcached", "flags": []},
                    {"name": "overtake", "flags": []}],
        "scenarios": ["light", "multigets", "offered-load", "bursts"],
    },
    "failures": {"multigets.overtake.0": "it died <&>"},
    "missing": [{"scenario": "multigets", "point": "", "server": "overtake", "round": r,
                 "run": f"multigets.overtake.{r}"} for r in range(3)]
               + [{"scenario": "bursts", "point": "", "server": "stock", "round": 0,
                   "run": "bursts.stock.0"}],
}


def traced(requests):
    """A server's trace and its clients' account of [(class, connection, due, started, finished,
    done)] in microseconds, all executed by one thread, whose clock began 5 ms later."""
    start_ns, later_us = 10**12, 5000
    events = [{"ph": "M", "pid": 1, "tid": 0, "name": "thread_name",
               "args": {"name": "overtake-rd-0"}}]
    classes = {}
    for i, (kind, connection, due, started, finished, done) in enumerate(requests):
        key = f"0.{i}"
        # Descriptors are not the numbers that clients give their connections.
        edge = {"cat": "request", "pid": 2, "tid": 40 + connection + (20 if kind == "heavy" else 0),
                "id": key}
        events += [
            {"ph": "X", "pid": 1, "tid": 0, "ts": started - later_us, "dur": finished - started,
             "name": "get", "args": {"request": key}},
            {**edge, "ph": "b", "ts": started - 1 - later_us, "name": "get"},
            {**edge, "ph": "b", "ts": started - 1 - later_us, "name": "wait"},
            {**edge, "ph": "e", "ts": started - later_us, "name": "wait"},
            {**edge, "ph": "e", "ts": done - 5 - later_us, "name": "get"}]
        classes.setdefault(kind, []).append([connection, *(1000 * t for t in (due, due + 2, done))])
    return ({"traceEvents": events, "otherData": {"start_ns": start_ns + 1000 * later_us}},
            {"start_ns": start_ns,
             "classes": [{"name": kind, "requests": r} for kind, r in classes.items()]})


def light_requests_beside_a_heavy_one():
    """A heavy one at 40 ms for 3 ms; a light one every millisecond, three of which wait for it."""
    requests = []
    for ms in range(80):
        due = 1000 * ms + 137 * (ms % 7)  # no two connections alike
        started = due + 40
        if 40_000 < due < 43_000:
            started = 43_000 + due % 100
        requests.append(("light", ms % 3, due, started, started + 2, started + 30))
    requests.append(("heavy", 0, 40_000, 40_050, 43_000, 43_500))
    return requests


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


def microseconds(label):
    value, unit = label.split()
    return float(value) * {"µs": 1, "ms": 1e3, "s": 1e6}[unit]


def marks_of(svg):
    """What the dots of a picture say: [(row's y, kind, microseconds)], read off by its ticks."""
    ticks = [(float(t.get("x")), microseconds(t.text)) for t in svg.iter(f"{SVG}text")
             if t.get("class") == "tick" and re.fullmatch(r"[\d.]+ (µs|ms|s)", t.text)]
    (x0, us0), (x1, us1) = ticks[0], ticks[-1]
    found = []
    for group in svg.iter(f"{SVG}g"):
        if group.find(f"{SVG}line") is None:
            continue  # the legend
        line, shape = list(group)
        y = float(line.get("y1"))
        if shape.tag == f"{SVG}circle":
            x = float(shape.get("cx"))
        elif shape.tag == f"{SVG}rect":
            x = float(shape.get("x")) + float(shape.get("width")) / 2
        else:  # a path, which begins at the diamond's left
            x = float(re.match(r"M([\d.]+)", shape.get("d")).group(1)) + DIAMOND
        found.append((y, group.get("class"),
                      us0 * math.exp((x - x0) / (x1 - x0) * math.log(us1 / us0))))
    return found


class ReportTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.folder = pathlib.Path(self._folder.name)

    def make(self, *options):
        return subprocess.run(
            [sys.executable, ROOT / "bench/report/make_report.py", self.folder, *options],
            capture_output=True, text=True, check=False)

    def write(self, name, value):
        (self.folder / name).write_text(json.dumps(value))

    def make_page(self, *options):
        self.write("study.json", STUDY)
        trace, clients = traced(light_requests_beside_a_heavy_one())
        self.write("trace-memcached.json", trace)
        self.write("clients-memcached.json", clients)
        made = self.make(*options)
        self.assertEqual(made.returncode, 0, made.stderr)
        return self.folder / "report.html"

    def opened(self, path):
        browser = next(filter(None, map(shutil.which, BROWSERS)), None)
        self.assertIsNotNone(browser, "there is no Chromium; script/bootstrap test installs it "
                             "(Debian's chromium-headless-shell)")
        shown = subprocess.run(
            [browser, "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000",
             f"--user-data-dir={self.folder}/profile", "--dump-dom", path.as_uri()],
            capture_output=True, text=True, timeout=90, check=True)
        return Page(shown.stdout)

    def test_charts_plot_what_was_measured(self):
        page = self.opened(self.make_page())
        plotted = json.loads(page.texts["plotted"])
        self.assertEqual(set(plotted), {"light", "multigets", "offered-load"})
        self.assertEqual(page.counts["canvas"], 3)
        for drawn in STUDY["scenarios"][:2]:
            for server in drawn["points"][0]["servers"]:
                line = plotted[drawn["name"]][server["name"]]
                curve = server["classes"]["light"]["curve"]
                self.assertEqual([y for _, y in line], [us for _, us in curve])
                for (x, _), (percentile, _) in zip(line, curve):
                    self.assertAlmostEqual(x, -math.log10(1 - percentile / 100), places=6)
        for i, load in enumerate(STUDY["scenarios"][2]["points"]):
            for server in load["servers"]:
                p99 = server["classes"]["light"]["p99_us"]["median"]
                self.assertEqual(plotted["offered-load"][server["name"]][i], [load["x"], p99])

    def test_dots_lie_where_they_should(self):
        text = self.make_page().read_text()
        section = text[text.index('<section id="light">'):]
        svg = ElementTree.fromstring(re.search("<svg class=\"dots\".*?</svg>", section).group())
        marks = marks_of(svg)
        wanted = [(kind, server["classes"]["light"][KINDS[kind]]["median"])
                  for server in STUDY["scenarios"][0]["points"][0]["servers"]
                  for kind in KINDS]
        self.assertEqual([kind for _, kind, _ in marks], [kind for kind, _ in wanted])
        for (_, _, us), (_, median) in zip(marks, wanted):
            self.assertAlmostEqual(us / median, 1, delta=0.01)

    def test_the_page_stands_alone(self):
        text = self.make_page().read_text()
        page = Page(text)
        self.assertEqual(page.sources, [])
        self.assertEqual(json.loads(page.texts["study"]), STUDY)
        self.assertIn("500 <small>(450–601)</small>", text)  # p99 of stock: 7 x 71.5
        self.assertIn("generator late in 1", text)
        self.assertIn("Title of light &lt;&amp;&gt;", text)
        for condition in ("A CPU, 2 cores, Linux", "memcached 1.6.18", "commit abc", "seeds\n1 to 3"):
            self.assertIn(condition, text)

    def test_timelines_are_of_both_clocks(self):
        text = self.make_page().read_text()
        # Due at 41.822 ms, while the heavy one was executed until 43.000.
        self.assertIn("light: done 1,230 µs after it was due; until it was executed 1,200 µs, until "
                      "the client had the reply 28 µs", text)
        self.assertIn("heavy: done 3,500 µs after it was due; until it was executed 50 µs, until "
                      "the client had the reply 500 µs", text)
        self.assertIn("20 light requests were due", text)

    def test_says_what_is_missing(self):
        text = self.make_page().read_text()
        self.assertIn("multigets, overtake: 3 of 3 rounds (it died &lt;&amp;&gt;)", text)
        self.assertIn("bursts, stock: 1 of 3 rounds (not made)", text)
        self.assertIn("time line of overtake: no trace", text)
        self.assertNotIn("time line of memcached", text)
        self.assertNotIn("time line of stock", text)

    def test_pictures_for_documentation(self):
        self.make_page("--docs", self.folder)
        hol = ElementTree.fromstring((self.folder / "hol.svg").read_text())
        marks = {(kind, round(us)) for _, kind, us in marks_of(hol)}
        self.assertEqual(len(marks), 4)
        for kind, median in (("alone", 7 * 71.5), ("beside", 1400), ("alone", 14 * 71.5),
                             ("beside", 2800)):
            self.assertTrue(any(k == kind and abs(us / median - 1) < 0.01 for k, us in marks),
                            f"{kind} {median}: {marks}")
        timeline = ElementTree.fromstring((self.folder / "timeline.svg").read_text())
        self.assertTrue(any(e.get("class") == "light wait" for e in timeline.iter(f"{SVG}rect")))

    def test_tables(self):
        self.make_page()
        text = (self.folder / "tables.md").read_text()
        self.assertIn("| memcached 1.6.18 | 72 (64–86) | 500 (450–601) | 2,216 (1,995–2,660) | 0.50 "
                      "| 1.00 | 3 |", text)
        self.assertIn("| `overtake` | 214 (193–257) | 1,502 (1,351–1,802) | 6,650 (5,985–7,979) | "
                      "1.50 | 3.00 | 3 (1 invalid) |", text)

    def test_a_study_that_has_hardly_begun(self):
        self.write("study.json", {**STUDY, "scenarios": []})
        made = self.make("--docs", self.folder)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertIn("hol.svg is not made", made.stderr)
        self.assertFalse((self.folder / "hol.svg").exists())
        self.opened(self.folder / "report.html")

    def lines_of(self, name, results, *options):
        """[[(x, y), ...]] of each line of the picture of such results, its texts, its bars' heights."""
        self.write(name, results)
        made = subprocess.run(
            [sys.executable, ROOT / "bench/report/make_report.py", self.folder / name, *options],
            capture_output=True, text=True, check=False)
        self.assertEqual(made.returncode, 0, made.stderr)
        svg = ElementTree.fromstring(pathlib.Path(made.stdout.split()[-1]).read_text())
        lines = [[tuple(map(float, p.split(","))) for p in line.get("points").split()]
                 for line in svg.iter(f"{SVG}polyline")]
        bars = [float(r.get("height")) for r in svg.iter(f"{SVG}rect") if r.get("fill")]
        return lines, [t.text for t in svg.iter(f"{SVG}text")], bars

    def test_hit_ratios_and_items(self):
        machine = STUDY["plan"]["machine"]
        runs = [{"case": case, "memory_mb": mb, "round": r, "server": server,
                 "replay": {"hit_ratio": (0.2 if server == "stock" else 0.4) * mb / 16},
                 "store": {"items": (1000 if server == "stock" else 3000) + 100 * r}}
                for case, sizes in (("zipf", (8, 16, 32)), ("fill-28", (64, 256)))
                for mb in sizes for server in ("stock", "memcached") for r in range(3)]
        lines, texts, bars = self.lines_of("memory-1.json", {"machine": machine, "runs": runs})
        for line in lines:
            (x0, y0), (x1, y1), (x2, y2) = line
            self.assertAlmostEqual((x2 - x0) / (x1 - x0), 3, delta=0.02)
            self.assertAlmostEqual((y2 - y0) / (y1 - y0), 3, delta=0.02)
        self.assertEqual(len(lines), 2)
        self.assertAlmostEqual(bars[1] / bars[0], 3100 / 1100, delta=0.01)
        self.assertEqual(len(bars), 2)
        for text in ("memcached 1.6.18", "overtake", "Items held in steady eviction at -m 64", "28"):
            self.assertIn(text, texts)

    def test_simulated_loads(self):
        def at(mode, load, p99_us):
            return {"mode": mode, "cores": 16, "load": load, "saturated": p99_us is None,
                    "light": p99_us and {"p99_us": p99_us}}

        results = {
            "workload": {"heavy_per_light": 0.02, "keys": 4000, "value_size": 100,
                         "light_connections": 32, "heavy_connections": 4},
            "loads": [at("memcached", 0.1, 20), at("memcached", 0.2, 200), at("memcached", 0.3, 2000),
                      at("new-mode", 0.1, 50), at("new-mode", 0.2, None)],
            "saturation": [{"mode": "memcached", "cores": 2**i, "per_second": 1000 * 2**i}
                           for i in range(4)]}
        lines, texts, _ = self.lines_of("s.json", results, "--docs", self.folder)
        self.assertTrue((self.folder / "simulator.svg").exists())
        self.assertEqual([len(line) for line in lines], [3, 1, 4])
        for line in (lines[0], lines[2]):  # logarithmic: equal steps
            steps = [after[1] - before[1] for before, after in zip(line, line[1:])]
            for step in steps:
                self.assertAlmostEqual(step, steps[0], delta=0.2)
        for text in ("16 cores: light requests beside heavy ones", "memcached", "new-mode"):
            self.assertIn(text, texts)

    def test_results_of_something_else_are_refused(self):
        self.write("cpu.json", {"machine": {}, "runs": [{"server": "stock"}]})
        made = subprocess.run(
            [sys.executable, ROOT / "bench/report/make_report.py", self.folder / "cpu.json"],
            capture_output=True, text=True, check=False)
        self.assertEqual(made.returncode, 2)
        self.assertIn("cpu.json", made.stderr)

    def test_a_folder_without_a_study_is_refused(self):
        self.assertEqual(self.make().returncode, 2)
        self.write("study.json", [])
        self.assertEqual(self.make().returncode, 2)


if __name__ == "__main__":
    unittest.main()
