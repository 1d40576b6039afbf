"""Dots on a logarithmic axis, a row for each server, as SVG."""

import html
import math

WIDTH, LEFT, RIGHT, ROW, TOP, BOTTOM = 1000, 150, 190, 34, 34, 46
SIZE = 5.5  # of a mark, SVG units

# Shape and colour say the same, so that either is enough.
SHAPES = {
    "circle": lambda x, y: f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{SIZE}"/>',
    "square": lambda x, y: f'<rect x="{x - SIZE + 0.5:.1f}" y="{y - SIZE + 0.5:.1f}" '
                           f'width="{2 * SIZE - 1}" height="{2 * SIZE - 1}"/>',
    "diamond": lambda x, y: f'<path d="M{x - SIZE - 1:.1f} {y:.1f}l{SIZE + 1} {-SIZE - 1} '
                            f'{SIZE + 1} {SIZE + 1} {-SIZE - 1} {SIZE + 1}z"/>',
    "triangle": lambda x, y: f'<path d="M{x - SIZE:.1f} {y + SIZE:.1f}h{2 * SIZE}l{-SIZE} '
                             f'{-2 * SIZE}z"/>',
}


def time_label(us):
    if us >= 1e6:
        return f"{us / 1e6:g} s"
    return f"{us / 1000:g} ms" if us >= 1000 else f"{us:g} µs"


def ticks_of(low, high):
    """1, 2 and 5 of each decade, or 1 only where there are many decades."""
    steps = (1, 2, 5) if math.log10(high / low) < 2.6 else (1,)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [s * 10**d for d in decades for s in steps if low <= s * 10**d <= high]


class Axis:
    """Latencies to x, over all of `spreads`."""

    def __init__(self, spreads):
        self.low = min(s["min"] for s in spreads) / 1.25
        self.high = max(s["max"] for s in spreads) * 1.25

    def x(self, us):
        share = math.log(us / self.low) / math.log(self.high / self.low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def svg(self, height):
        parts = []
        for us in ticks_of(self.low, self.high):
            x = self.x(us)
            parts.append(
                f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height - BOTTOM}"/>'
                f'<text class="tick" x="{x:.1f}" y="{height - BOTTOM + 17}">{time_label(us)}</text>')
        parts.append(f'<text class="tick" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{height - 8}">latency '
                     'from when a request was due, logarithmic</text>')
        return "".join(parts)


def mark(axis, y, kind, shape, spread):
    """A dot at the median, and a line from the least to the largest round."""
    return (
        f'<g class="{kind}"><line x1="{axis.x(spread["min"]):.1f}" '
        f'x2="{axis.x(spread["max"]):.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'{SHAPES[shape](axis.x(spread["median"]), y)}</g>')


def picture(rows, kinds, description):
    """rows: [(label, {kind: spread}, text at the right)], kinds: {kind: (shape, legend)}, of which
    each row may have some. "" where there is nothing to show."""
    spreads = [s for _, marks, _ in rows for s in marks.values() if s["min"] > 0]
    if not spreads:
        return ""
    axis = Axis(spreads)
    height = TOP + ROW * len(rows) + BOTTOM
    parts = [axis.svg(height)]
    x = LEFT
    for kind, (shape, legend) in kinds.items():
        parts.append(f'<g class="{kind}">{SHAPES[shape](x + SIZE, 14)}</g>'
                     f'<text x="{x + 18}" y="18.5">{html.escape(legend)}</text>')
        x += 40 + 7.4 * len(legend)
    for i, (label, marks, note) in enumerate(rows):
        y = TOP + ROW * (i + 0.5)
        parts.append(f'<line class="row" x1="0" x2="{WIDTH}" y1="{TOP + ROW * (i + 1)}" '
                     f'y2="{TOP + ROW * (i + 1)}"/><text class="name" x="0" y="{y + 4.5}">'
                     f'{html.escape(label)}</text>'
                     f'<text class="note" x="{WIDTH}" y="{y + 4.5}">{html.escape(note)}</text>')
        # Neither hides the other where they are equal.
        step = 8 if len(kinds) < 4 else 6
        for j, (kind, (shape, _)) in enumerate(kinds.items()):
            if kind in marks and marks[kind]["min"] > 0:
                parts.append(mark(axis, y + step * (j - (len(kinds) - 1) / 2), kind, shape,
                                  marks[kind]))
    return (f'<svg class="dots" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'role="img" aria-label="{html.escape(description, quote=True)}">{"".join(parts)}</svg>')
