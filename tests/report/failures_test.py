#!/usr/bin/env python3
"""Measurements that a server spoils end with what was measured, what was not, and status 1.

failures_test.py <overtake-bench>
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCH = ""
PORT = 20_000 + os.getpid() % 10_000

# Stands in for Debian's memcached. It answers every get with one value, so multigets are answered
# wrongly, and what is started first dies after a second.
FAKE_MEMCACHED = """#!/bin/sh
if [ "$1" = -V ]; then echo memcached 0.fake; exit; fi
while [ "$1" != -p ]; do shift; done
if mkdir "$(dirname "$0")/died" 2>/dev/null; then (sleep 1; kill -9 $$) & fi
exec "$OVERTAKE_BENCH" echo -p "$2" -t 1
"""


def free_port():
    for port in range(PORT, PORT + 1000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError("no port is free")


def children_of(pid):
    return [int(p) for p in
            pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for(condition):
    while not (value := condition()):
        time.sleep(0.02)
    return value


class FailuresTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def start(self, *arguments, **options):
        process = subprocess.Popen([BENCH, *map(str, arguments)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, **options)
        for cleanup in (process.wait, process.stderr.close, process.stdout.close, process.kill):
            self.addCleanup(cleanup)  # the last one comes first
        return process

    def ended(self, process):
        """(exit status, standard output, standard error)"""
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def study(self):
        fake = self.folder / "bin"
        if not fake.exists():
            fake.mkdir()
            (fake / "memcached").write_text(FAKE_MEMCACHED)
            (fake / "memcached").chmod(0o755)
        environment = {**os.environ, "OVERTAKE_BENCH": BENCH,
                       "PATH": f'{fake}:{os.environ["PATH"]}'}
        ended = self.ended(self.start(
            "study", "--folder", self.folder / "study", "--servers", "stock,memcached",
            "--scenarios", "light,multigets", "--rounds", 1, "--seconds", 2, "--port", PORT,
            env=environment))
        return *ended, json.loads((self.folder / "study/study.json").read_text())

    def test_a_study_goes_on_without_the_runs_that_fail(self):
        status, out, err, study = self.study()
        self.assertEqual(status, 1, err)
        self.assertIn("Light gets alone", out)
        self.assertIn("Light gets beside multigets", out)
        self.assertIn("light.stock.0: server stock was killed by signal 9", err)
        self.assertIn("multigets.stock.0: heavy requests: ", err)
        self.assertEqual({run["run"] for run in study["missing"]},
                         {"light.stock.0", "multigets.stock.0"})
        for scenario in study["scenarios"]:
            servers = [s["name"] for s in scenario["points"][0]["servers"]]
            self.assertEqual(servers, ["memcached"], scenario["name"])

        # The report is made of what there is, and says what there is not.
        made = subprocess.run(
            [sys.executable, ROOT / "bench/report/make_report.py", self.folder / "study"],
            capture_output=True, text=True, check=False)
        self.assertEqual(made.returncode, 0, made.stderr)
        page = (self.folder / "study/report.html").read_text()
        self.assertIn("light, stock: 1 of 1 rounds (server stock was killed by signal 9", page)
        self.assertIn("multigets, stock: 1 of 1 rounds (heavy requests: ", page)

        # The next call makes what is missing and can be made.
        status, out, err, study = self.study()
        self.assertEqual(status, 1, err)
        self.assertIn("2 of them finished before", out)
        self.assertEqual([run["run"] for run in study["missing"]], ["multigets.stock.0"])
        self.assertNotIn("light.stock.0", err)

    def echo(self):
        """A server, which listens on self.port."""
        self.port = free_port()
        server = self.start("echo", "-p", self.port, "-t", 1)
        wait_for(lambda: subprocess.run(
            [BENCH, "load", "-p", str(self.port), "--class", "g=get,rate=10", "--seconds", "0.5",
             "--warmup", "0"], capture_output=True, check=False).returncode == 0)
        return server

    def load(self, *arguments):
        return self.start("load", "-p", self.port, "--json", self.folder / "load.json", *arguments)

    def results(self):
        return json.loads((self.folder / "load.json").read_text())

    def test_a_load_on_a_server_that_dies(self):
        server = self.echo()
        load = self.load("--class", "g=get,rate=1000", "--seconds", 60, "--warmup", 0)
        wait_for(lambda: len(os.listdir(f"/proc/{load.pid}/task")) > 1)  # it has begun to send
        time.sleep(0.5)
        server.kill()
        status, out, err = self.ended(load)
        self.assertEqual(status, 1)
        self.assertIn("INCOMPLETE: g requests: ", out)
        self.assertIn("g requests: ", err)
        results = self.results()
        self.assertFalse(results["complete"])
        self.assertGreater(results["classes"][0]["latency"]["count"], 0)
        self.assertLess(results["classes"][0]["latency"]["count"],
                        results["classes"][0]["planned"])

    def test_a_load_on_a_server_that_answers_wrongly(self):
        server = self.echo()
        status, out, err = self.ended(self.load(
            "--class", "g=get,rate=100", "--class", "many=get,rate=10,keys=7", "--seconds", 60))
        server.kill()
        self.assertEqual(status, 1)
        self.assertIn("INCOMPLETE: many requests: ", out)
        self.assertIn("many requests: ", err)
        self.assertFalse(self.results()["complete"])

    def test_a_proof_whose_server_dies(self):
        proof = self.start("prove", "--seconds", 4, "--port", PORT)
        first = wait_for(lambda: children_of(proof.pid))[0]
        second = wait_for(lambda: [c for c in children_of(proof.pid) if c != first])[0]
        os.kill(second, signal.SIGKILL)
        status, out, err = self.ended(proof)
        self.assertEqual(status, 1)
        self.assertIn("fixed:50000", out)
        self.assertNotIn("exp:50000", out)
        self.assertIn("INCOMPLETE: 4 runs are missing", out)
        self.assertIn("server echo was killed by signal 9", err)


if __name__ == "__main__":
    BENCH = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
