"""20 ms of a run as a picture: what each thread did, and what waited for it."""

import html
import statistics

import joined_trace

WINDOW_US = 20_000
BEFORE_US = 5_000  # of the window, before the heavy request is due
WIDTH, LEFT, LANE, PADDING = 1000, 110, 7, 5  # SVG units; LEFT is the room for threads' names
SHORTEST = 0.8  # units: what is shorter still shows
MOST_LANES = 20  # of a thread; what waits beyond these is only counted
LIGHT = "light"

PATTERNS = "<defs>" + "".join(
    f'<pattern id="{kind}-waits" class="{kind}" width="4" height="4" '
    'patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line x1="0" y1="0" x2="0" y2="4"/></pattern>' for kind in ("light", "heavy")) + "</defs>"

SHOWN_FIRST = ("memcached", "ramcloud", "overtake")


def _waits(requests, heavy):
    """What light requests waited in the window of a heavy one."""
    start = heavy.due - BEFORE_US
    return sum(r.done - r.due for r in joined_trace.within(requests, start, start + WINDOW_US)
               if r.kind == LIGHT and r.due >= start)


def window_of(traces):
    """From when to when the pictures of all modes show: around the heavy request that is the median
    of those that every trace holds, by how long light ones waited beside it, in `memcached` mode if
    that was traced. None without any."""
    requests = traces.get("memcached") or next(iter(traces.values()), [])
    first = max((joined_trace.covered(r) for r in traces.values() if r), default=0)
    last = max((r.due for r in requests), default=0)
    heavy = [r for r in requests if r.kind != LIGHT and r.due - BEFORE_US > first
             and r.due - BEFORE_US + WINDOW_US < last]
    if not heavy:
        return None
    waits = {id(r): _waits(requests, r) for r in heavy}
    middle = statistics.median_low(waits.values())
    chosen = next(r for r in heavy if waits[id(r)] == middle)
    return chosen.due - BEFORE_US, chosen.due - BEFORE_US + WINDOW_US


def _title_of(thread):
    kind, _, number = thread.partition("-")
    return {"rd": f"reader {number}", "wk": f"worker {number}"}.get(kind, thread)


class Picture:
    def __init__(self, start, end):
        self.start, self.end = start, end
        self.shapes, self.y = [], 0

    def x(self, us):
        share = (min(max(us, self.start), self.end) - self.start) / (self.end - self.start)
        return LEFT + share * (WIDTH - LEFT)

    def bar(self, kind, begin, until, lane, text):
        if until <= self.start or begin >= self.end:
            return
        x, y = self.x(begin), self.y + PADDING + lane * LANE
        width = max(self.x(until) - x, SHORTEST)
        self.shapes.append(
            f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
            f'height="{LANE - 1.5}"><title>{html.escape(text)}</title></rect>')

    def request(self, r, lane):
        kind = "light" if r.kind == LIGHT else "heavy"
        text = (f"{r.kind}: done {r.done - r.due:,.0f} µs after it was due; until it was executed "
                f"{r.started - r.due:,.0f} µs, until the client had the reply "
                f"{r.done - r.finished:,.0f} µs")
        self.bar(f"{kind} wait", r.due, r.started, lane, text)
        self.bar(f"{kind} send", r.started, max(r.done, r.finished), lane, text)
        for _, begin, until in r.executions:
            self.bar(f"{kind} work", begin, until, lane, text)

    def row(self, title, height):
        middle = self.y + height / 2 + 4
        self.shapes.append(f'<text class="name" x="0" y="{middle:.1f}">{html.escape(title)}</text>')
        self.y += height
        self.shapes.append(
            f'<line class="row" x1="0" x2="{WIDTH}" y1="{self.y:.1f}" y2="{self.y:.1f}"/>')

    def thread(self, title, requests):
        """A row with as many lanes as requests are under way at once."""
        free = []  # when each lane's last bar ends
        hidden = 0
        for r in sorted(requests, key=lambda r: r.due):
            lane = next((i for i, end in enumerate(free) if end <= r.due), len(free))
            if lane == MOST_LANES:
                hidden += 1
                continue
            free[lane:lane + 1] = [r.done + (self.end - self.start) / 400]
            self.request(r, lane)
        self.row(f"{title}, {hidden} more" if hidden else title,
                 2 * PADDING + LANE * max(len(free), 2))

    def passing(self, title, requests):
        """The row of a thread that reads and sends what others execute: a stroke each."""
        for r in requests:
            for at in (r.read, r.written):
                if self.start <= at <= self.end:
                    self.shapes.append(f'<rect class="pass" x="{self.x(at):.1f}" '
                                       f'y="{self.y + PADDING}" width="{SHORTEST}" '
                                       f'height="{2 * LANE}"/>')
        self.row(title, 2 * PADDING + 2 * LANE)

    def svg(self, description):
        height = self.y + 20
        grid = "".join(
            f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{self.y:.1f}"/>'
            f'<text class="tick{" last" if ms == 20 else ""}" x="{x:.1f}" y="{self.y + 15:.1f}">'
            f"{ms} ms</text>"
            for ms in range(0, 21, 5) for x in [self.x(self.start + ms * 1000)])
        return (f'<svg class="timeline" xmlns="http://www.w3.org/2000/svg" '
                f'viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
                f'aria-label="{html.escape(description, quote=True)}">'
                f'{PATTERNS}{grid}{"".join(self.shapes)}</svg>')


def summary_of(requests, window):
    """What happened to the light requests of the window, in a sentence."""
    light = [r.done - r.due for r in requests if r.kind == LIGHT and window[0] <= r.due < window[1]]
    if not light:
        return "No light request was due."
    late = sum(us >= 500 for us in light)
    return (f"{len(light)} light requests were due: half were done within "
            f"{statistics.median(light):,.0f} µs, {late} took 0.5 ms or more, the slowest "
            f"{max(light) / 1000:.1f} ms.")


def picture_of(mode, requests, window):
    """(SVG, summary) of a mode in a window; requests are joined_trace.joined's."""
    shown = joined_trace.within(requests, *window)
    threads = sorted({r.thread for r in requests})
    # Who reads and never executes is not among them.
    readers = sorted({r.reader for r in requests})
    picture = Picture(*window)
    for reader in readers:
        if f"rd-{reader}" not in threads:
            picture.passing("dispatch" if mode == "ramcloud" else f"reader {reader}",
                            [r for r in shown if r.reader == reader])
    for thread in threads:
        picture.thread(_title_of(thread), [r for r in shown if r.thread == thread])
    summary = summary_of(requests, window)
    return picture.svg(f"Time line of mode {mode}. {summary}"), summary
