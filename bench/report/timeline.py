"""A picture of some milliseconds of a request trace (docs/tracing.md), as SVG."""

import collections
import html

WINDOW_US = 20_000
WIDTH, ROW, LABEL = 1000, 34, 110  # SVG units; LABEL is the room for threads' names
SHORTEST = 0.6  # units: what is shorter still shows
HEAVY_US = 300


def requests_of(events):
    """Slices by request: id -> {"name", "read", "written", "executions": [(thread, from, to)]}."""
    requests = {}
    opened = {}
    for event in events:
        if event["ph"] == "b" and event["name"] not in ("wait", "execute", "send"):
            requests[event["id"]] = {"name": event["name"], "read": event["ts"], "executions": []}
            opened[event["id"]] = event["name"]
        elif event["ph"] == "e" and opened.get(event["id"]) == event["name"]:
            requests[event["id"]]["written"] = event["ts"]
    for event in events:
        request = requests.get(event["args"]["request"]) if event["ph"] == "X" else None
        if request is not None:
            request["executions"].append((event["tid"], event["ts"], event["ts"] + event["dur"]))
    return {k: r for k, r in requests.items() if "written" in r and r["executions"]}


def work_of(request):
    return sum(end - start for _, start, end in request["executions"])


def window_of(requests):
    """From when to when: around a heavy request in the middle of the trace."""
    by_time = sorted(requests.values(), key=lambda r: r["read"])
    middle = by_time[len(by_time) // 2]["read"]
    heavy = [r for r in by_time if work_of(r) >= HEAVY_US] or by_time
    start = min(heavy, key=lambda r: abs(r["read"] - middle))["read"] - WINDOW_US / 4
    return start, start + WINDOW_US


def picture_of(events):
    """SVG of the threads of a trace; "" when it holds no requests."""
    requests = requests_of(events)
    if not requests:
        return ""
    start, end = window_of(requests)
    names = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
    rows = {tid: i for i, tid in enumerate(sorted(names))}
    bars = collections.defaultdict(list)

    def bar(kind, tid, begin, until, text):
        begin, until = max(begin, start), min(until, end)
        if begin > until:
            return
        x = LABEL + (begin - start) / WINDOW_US * (WIDTH - LABEL)
        width = max((until - begin) / WINDOW_US * (WIDTH - LABEL), SHORTEST)
        inset = 12 if kind in ("wait", "send") else 4
        bars[kind].append(
            f'<rect class="{kind}" x="{x:.2f}" y="{rows[tid] * ROW + inset}" width="{width:.2f}" '
            f'height="{ROW - 2 * inset}"><title>{html.escape(text)}</title></rect>'
        )

    for key, request in requests.items():
        if request["written"] < start or request["read"] > end:
            continue
        first, last = request["executions"][0], request["executions"][-1]
        work = work_of(request)
        text = (
            f'{request["name"]} {key}: waited {first[1] - request["read"]:.0f} µs, '
            f'executed {work:.0f} µs, sent after {request["written"] - last[2]:.0f} µs'
        )
        bar("wait", first[0], request["read"], first[1], text)
        bar("send", last[0], last[2], request["written"], text)
        for tid, begin, until in request["executions"]:
            bar("heavy" if work >= HEAVY_US else "light", tid, begin, until, text)

    labels = "".join(
        f'<text x="0" y="{row * ROW + ROW / 2 + 4}">{html.escape(names[tid].removeprefix("overtake-"))}'
        f'</text><line x1="{LABEL}" x2="{WIDTH}" y1="{(row + 1) * ROW}" y2="{(row + 1) * ROW}"/>'
        for tid, row in rows.items()
    )
    height = len(rows) * ROW
    ticks = "".join(
        f'<text x="{LABEL + ms / 20 * (WIDTH - LABEL)}" y="{height + 14}">{ms} ms</text>'
        for ms in range(0, 20, 5)
    )
    shapes = "".join("".join(bars[kind]) for kind in ("wait", "send", "heavy", "light"))
    return (
        f'<svg class="timeline" viewBox="0 0 {WIDTH} {height + 18}" role="img">'
        '<defs><pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="4"/></pattern></defs>'
        f"{labels}{ticks}{shapes}</svg>"
    )
