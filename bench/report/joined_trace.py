"""A server's request trace (docs/tracing.md) put together with what its clients saw.

The server knows which thread executed a request and when; only the client knows when the request
was due, and what it waited in sockets. Microseconds from time 0 of the schedule, which is the same
for all servers.
"""

import bisect
import dataclasses

TOLERANCE_US = 300  # by which clocks may disagree, or one end tell later than the other sees


@dataclasses.dataclass
class Request:
    kind: str  # name of its class
    due: float
    done: float
    reader: int  # number of the thread that read it
    read: float
    written: float
    executions: list  # [(thread's name, from, to)], by time

    @property
    def started(self):
        return self.executions[0][1]

    @property
    def finished(self):
        return self.executions[-1][2]

    @property
    def thread(self):
        return self.executions[0][0]


def _server_requests(trace, zero_us):
    """By connection's descriptor: its requests by time, as far as the trace holds them whole."""
    names, found = {}, {}
    for event in trace["traceEvents"]:
        if event["ph"] == "M" and event["name"] == "thread_name":
            names[event["tid"]] = event["args"]["name"].removeprefix("overtake-")
        elif event["ph"] == "b" and event["name"] == "wait":
            found[event["id"]] = {"read": event["ts"] + zero_us, "connection": event["tid"],
                                  "executions": [], "written": None}
        elif event["ph"] == "e" and event["name"] not in ("wait", "execute", "send"):
            if event["id"] in found:
                found[event["id"]]["written"] = event["ts"] + zero_us
    for event in trace["traceEvents"]:
        if event["ph"] == "X" and event["args"]["request"] in found:
            begin = event["ts"] + zero_us
            found[event["args"]["request"]]["executions"].append(
                (names[event["tid"]], begin, begin + event["dur"]))
    connections = {}
    for key, request in found.items():
        if request["executions"] and request["written"] is not None:
            request["reader"] = int(key.split(".")[0])
            connections.setdefault(request["connection"], []).append(request)
    for requests in connections.values():
        requests.sort(key=lambda r: r["read"])
    return connections


def _agrees(server, client):
    """Whether the latest requests of a descriptor may be the latest of a client's connection."""
    pairs = list(zip(reversed(server), reversed(client)))
    return all(r["read"] > sent - TOLERANCE_US and r["started"] < done + TOLERANCE_US
               for r, (_, sent, done) in pairs)


def joined(trace, clients):
    """All requests that both sides know, by when they were due; [] if that cannot be told."""
    start_ns = trace.get("otherData", {}).get("start_ns")
    if not start_ns:
        return []
    servers = _server_requests(trace, (start_ns - clients["start_ns"]) / 1000)
    for requests in servers.values():
        for request in requests:
            request["started"] = request["executions"][0][1]
    result = []
    for load in clients["classes"]:
        by_connection = {}
        for connection, *times in load["requests"]:
            by_connection.setdefault(connection, []).append([t / 1000 for t in times])
        for client in by_connection.values():
            # The order of a connection's requests is that of their replies. A descriptor that an
            # earlier connection had, too, ends with the later one's.
            match = next((d for d, server in servers.items() if _agrees(server, client)), None)
            if match is None:
                continue
            for request, (due, _, done) in zip(reversed(servers.pop(match)), reversed(client)):
                result.append(Request(load["name"], due, done, request["reader"], request["read"],
                                      request["written"], request["executions"]))
    return sorted(result, key=lambda r: r.due)


def covered(requests):
    """From when on the trace has everything: its rings forget what is oldest."""
    first = {}
    for request in requests:
        first[request.reader] = min(first.get(request.reader, request.due), request.due)
    return max(first.values())


def within(requests, start, end):
    """Those that were due, or under way, between two times."""
    last = bisect.bisect_left(requests, end, key=lambda r: r.due)
    return [r for r in requests[:last] if r.done > start]
