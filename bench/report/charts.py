"""Panels side by side, with lines or bars, as SVG."""

import html
import math

from dots import SHAPES, ticks_of

PANEL, HEIGHT = 450, 380  # SVG units
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 52, 48
LEGEND_LINE, LEGEND_COLUMN = 24, 170


def linear_ticks(low, high):
    """Some 5 round values."""
    exponent = math.floor(math.log10((high - low) / 5))
    step = next(s * 10**exponent for s in (1, 2, 5, 10) if (high - low) / (s * 10**exponent) <= 6)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 9) for i in range(first, last + 1)]


class Axis:
    """What lies along one side of a panel, from `low` to `high`."""

    def __init__(self, label, low, high, logarithmic=False, ticks=None, text="{:,g}".format):
        self.label, self.low, self.high, self.text = label, low, high, text
        self.scale = math.log if logarithmic else float
        self.ticks = ticks or (ticks_of if logarithmic else linear_ticks)(low, high)

    def share(self, value):
        low = self.scale(self.low)
        return (self.scale(value) - low) / (self.scale(self.high) - low)


class Panel:
    def __init__(self, title, x, y):
        self.x_axis, self.y_axis, self.shapes = x, y, []
        bottom = HEIGHT - BOTTOM
        self.shapes.append(f'<text class="title" x="{LEFT}" y="16">{html.escape(title)}</text>'
                           f'<text x="{LEFT}" y="38">{html.escape(y.label)}</text>'
                           f'<text class="tick" x="{(LEFT + PANEL - RIGHT) / 2}" y="{HEIGHT - 10}">'
                           f"{html.escape(x.label)}</text>")
        for value in y.ticks:
            at = self.y(value)
            self.shapes.append(
                f'<line class="grid" x1="{LEFT}" x2="{PANEL - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
                f'<text class="tick last" x="{LEFT - 6}" y="{at + 4:.1f}">{y.text(value)}</text>')
        for value in x.ticks:
            self.shapes.append(f'<text class="tick" x="{self.x(value):.1f}" y="{bottom + 18}">'
                               f"{html.escape(x.text(value))}</text>")

    def x(self, value):
        return LEFT + self.x_axis.share(value) * (PANEL - LEFT - RIGHT)

    def y(self, value):
        return HEIGHT - BOTTOM - self.y_axis.share(value) * (HEIGHT - TOP - BOTTOM)

    def line(self, points, style):
        if not points:
            return
        at = [(self.x(x), self.y(y)) for x, y in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        self.shapes.append(f'<polyline {stroke(style)} points="{path}"/>'
                           + "".join(mark(x, y, style) for x, y in at))

    def bar(self, x, width, value, style, text):
        """From the bottom to `value`; x and width in the axis's units, x is the middle."""
        left, right, top = self.x(x - width / 2), self.x(x + width / 2), self.y(value)
        self.shapes.append(
            f'<rect fill="{style["stroke"]}" x="{left + 1:.1f}" y="{top:.1f}" '
            f'width="{right - left - 2:.1f}" height="{HEIGHT - BOTTOM - top:.1f}"/>'
            f'<text class="tick" x="{(left + right) / 2:.1f}" y="{top - 5:.1f}">{text}</text>')


def stroke(style):
    dashes = " ".join(map(str, style["dash"]))
    return (f'fill="none" stroke="{style["stroke"]}" stroke-width="{style.get("width", 1.8)}" '
            f'stroke-dasharray="{dashes or "none"}"')


def mark(x, y, style):
    return (f'<g fill="{style["stroke"]}" transform="translate({x:.1f} {y:.1f}) scale(.7)">'
            f'{SHAPES[style["shape"]](0, 0)}</g>')


def side_by_side(heading, panels, legend):
    """An SVG of the panels below a heading, with a legend [(name, style)] that all of them share."""
    width = PANEL * len(panels)
    columns = (width - LEFT) // LEGEND_COLUMN
    parts = [f'<text x="{LEFT}" y="16">{html.escape(heading)}</text>']
    for i, panel in enumerate(panels):
        parts.append(f'<g transform="translate({PANEL * i} 34)">{"".join(panel.shapes)}</g>')
    bottom = 34 + HEIGHT + 16
    for i, (name, style) in enumerate(legend):
        x, y = LEFT + i % columns * LEGEND_COLUMN, bottom + i // columns * LEGEND_LINE
        parts.append(f'<path {stroke(style)} d="M{x} {y}h30"/>{mark(x + 15, y, style)}'
                     f'<text x="{x + 38}" y="{y + 4.5}">{html.escape(name)}</text>')
    height = bottom + math.ceil(len(legend) / columns) * LEGEND_LINE
    return (f'<svg class="charts" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'role="img" aria-label="{html.escape(heading, quote=True)}">{"".join(parts)}</svg>')
