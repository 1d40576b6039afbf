// Draws the charts of a study's report: percentile curves, or p99 against the load where a scenario
// has several. What was drawn is left in the element "plotted", as JSON, for tests.
"use strict";
(() => {
  // Readable on white and on black: a canvas does not change with the paper.
  const INK = "#7c7c7c";
  const FONT = "13px system-ui, sans-serif";
  const AXIS = {stroke: INK, font: FONT, labelFont: FONT, grid: {stroke: "#8884", width: 1},
                ticks: {stroke: "#8886"}};
  const NAME_WIDTH = 130, NAME_HEIGHT = 15;  // CSS pixels

  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const study = read("study");
  const servers = read("servers");  // {name: {label, stroke, dash, width}}, as they are to be shown
  const plotted = {};

  const time = (us) => us >= 1e6 ? `${us / 1e6} s` : us >= 1000 ? `${us / 1000} ms` : `${us} µs`;
  const thousands = (n) => n.toLocaleString("en");

  // 99.9 is at 3: each nine is as wide as the next.
  const nines = (percentile) => -Math.log10(1 - percentile / 100);
  const percentile = (x) => `${+(100 * (1 - 10 ** -x)).toFixed(Math.max(0, x - 2))} %`;

  // Several lines over the union of their x: {server: [[x, y], ...]} -> what uPlot takes.
  function aligned(lines) {
    const xs = [...new Set(Object.values(lines).flatMap((l) => l.map(([x]) => x)))];
    xs.sort((a, b) => a - b);
    const columns = Object.values(lines).map((line) => {
      const at = new Map(line);
      return xs.map((x) => at.has(x) ? at.get(x) : null);
    });
    return [xs, ...columns];
  }

  // A logarithmic axis: from the 1, 2 or 5 below the least to that above the largest.
  function logRange(low, high) {
    const steps = (us) => [1, 2, 5, 10].map((s) => s * 10 ** Math.floor(Math.log10(us)));
    return [steps(low).findLast((s) => s <= low), steps(high).find((s) => s >= high)];
  }
  function logSplits(_, __, low, high) {
    const steps = high / low < 300 ? [1, 2, 5] : [1];
    const splits = [];
    for (let decade = 10 ** Math.floor(Math.log10(low)); decade <= high * 1.001; decade *= 10) {
      for (const s of steps) {
        const us = +(s * decade).toPrecision(1);
        if (us >= low * 0.999 && us <= high * 1.001) splits.push(us);
      }
    }
    return splits;
  }

  // Names at the lines' ends, moved apart where they would cover each other.
  function drawNames(u) {
    const pixel = u.pxRatio ?? devicePixelRatio;
    const ends = u.series.slice(1).map((series, i) => {
      const last = u.data[i + 1].findLastIndex((y) => y != null);
      return {series, y: u.valToPos(u.data[i + 1][last], "y", true)};
    });
    ends.sort((a, b) => a.y - b.y);
    const gap = NAME_HEIGHT * pixel, bottom = u.bbox.top + u.bbox.height;
    ends.forEach((end, i) => { if (i > 0) end.y = Math.max(end.y, ends[i - 1].y + gap); });
    for (let i = ends.length - 1, limit = bottom; i >= 0; --i, limit -= gap) {
      ends[i].y = Math.min(ends[i].y, limit);
      limit = ends[i].y;
    }
    const left = u.bbox.left + u.bbox.width + 8 * pixel;
    u.ctx.save();
    u.ctx.font = `${13 * pixel}px system-ui, sans-serif`;
    u.ctx.textAlign = "left";
    u.ctx.textBaseline = "middle";
    for (const {series, y} of ends) {
      const style = servers[series.key];
      u.ctx.strokeStyle = u.ctx.fillStyle = style.stroke;
      u.ctx.lineWidth = (style.width ?? 1.8) * pixel;
      u.ctx.setLineDash(style.dash.map((d) => d * pixel));
      u.ctx.beginPath();
      u.ctx.moveTo(left, y);
      u.ctx.lineTo(left + 24 * pixel, y);
      u.ctx.stroke();
      u.ctx.fillText(series.label, left + 29 * pixel, y);
    }
    u.ctx.restore();
  }

  function draw(element, lines, x) {
    const series = Object.keys(lines).map((server) => ({
      key: server, spanGaps: true, width: 1.8, points: {show: x.points, size: 6},
      ...servers[server],
      value: (_, us) => us == null ? "" : `${us.toLocaleString("en")} µs`,
    }));
    const options = {
      width: Math.max(480, element.clientWidth), height: 400,
      padding: [12, NAME_WIDTH + 40, 0, 0],
      scales: {x: {time: false, range: x.range},
               y: {distr: 3, log: 10, range: (_, low, high) => logRange(low, high)}},
      series: [{label: x.label, value: (_, v) => v == null ? "" : x.text(v)}, ...series],
      axes: [
        {...AXIS, label: x.label, splits: x.splits, values: (_, ticks) => ticks.map(x.text)},
        {...AXIS, size: 70, label: x.of, splits: logSplits, filter: (_, s) => s,
         values: (_, ticks) => ticks.map(time)},
      ],
      hooks: {draw: [drawNames]},
    };
    new uPlot(options, aligned(lines), element);
  }

  for (const element of document.querySelectorAll(".chart")) {
    const scenario = study.scenarios.find((s) => s.name === element.dataset.scenario);
    const lines = {};
    const several = scenario.points.length > 1;
    for (const server of Object.keys(servers)) {
      for (const point of scenario.points) {
        const figures = point.servers.find((s) => s.name === server)?.classes[scenario.compared];
        if (!figures) continue;
        const line = several ? [[point.x, figures.p99_us.median]]
                             : figures.curve.map(([p, us]) => [nines(p), us]);
        if (line.length > 0) (lines[server] ??= []).push(...line);
      }
    }
    if (several) {
      draw(element, lines,
           {label: `offered load, ${scenario.x_axis}`, text: thousands, points: true,
            of: "p99 latency, logarithmic"});
    } else {
      const end = Math.max(...Object.values(lines).map((line) => line.at(-1)[0]));
      draw(element, lines, {label: "percentile of requests", text: percentile, points: false,
           of: "latency, logarithmic",
           range: () => [0, end],
           splits: () => [0, 1, 2, 3, 4, 5].filter((nine) => nine <= end)});
    }
    plotted[scenario.name] = lines;
  }
  document.getElementById("plotted").textContent = JSON.stringify(plotted);
})();
