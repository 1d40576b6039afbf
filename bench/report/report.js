// Draws the charts of a study's report: percentile curves, or p99 against the load where a scenario
// has several. What was drawn is left in the element "plotted", as JSON, for tests.
"use strict";
(() => {
  // Okabe and Ito's colours, which the colour-blind can tell apart; dashes for paper without any.
  const STYLES = {
    echo: {stroke: "#888888", dash: [2, 3]},
    stock: {stroke: "#e69f00", dash: [8, 4]},
    node: {stroke: "#56b4e9", dash: [2, 2]},
    memcached: {stroke: "#009e73", dash: []},
    ramcloud: {stroke: "#d55e00", dash: [10, 3, 2, 3]},
    nginx: {stroke: "#cc79a7", dash: [5, 2]},
    reuseport: {stroke: "#0072b2", dash: [3, 5]},
    overtake: {stroke: "#f0428c", dash: [], width: 3},
  };
  const AXIS = {stroke: "#888888", grid: {stroke: "#8884"}, ticks: {stroke: "#8886"}};
  const study = JSON.parse(document.getElementById("study").textContent);
  const plotted = {};

  const microseconds = (us) => us >= 1000 ? `${us / 1000} ms` : `${us} µs`;
  const thousands = (n) => n.toLocaleString("en");

  // 99.9 is at 3: each nine is as wide as the next.
  const nines = (percentile) => -Math.log10(1 - percentile / 100);
  const percentile = (x) => `${+(100 * (1 - 10 ** -x)).toPrecision(x + 3)} %`;

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

  function draw(element, lines, xAxis, xLabel) {
    const series = Object.keys(lines).map((server) => ({
      label: server, spanGaps: true, width: 1.5, points: {show: false}, ...STYLES[server],
      value: (_, us) => us == null ? "" : `${us.toLocaleString("en")} µs`,
    }));
    const options = {
      width: Math.min(1000, document.body.clientWidth), height: 380,
      scales: {x: {time: false}, y: {distr: 3, log: 10}},
      series: [{label: xLabel}, ...series],
      axes: [
        {...AXIS, ...xAxis},
        {...AXIS, size: 70, values: (_, ticks) =>
          ticks.map((us) => us != null && Math.log10(us) % 1 === 0 ? microseconds(us) : "")},
      ],
    };
    new uPlot(options, aligned(lines), element);
  }

  for (const element of document.querySelectorAll(".chart")) {
    const scenario = study.scenarios.find((s) => s.name === element.dataset.scenario);
    const lines = {};
    if (scenario.points.length > 1) {
      for (const point of scenario.points) {
        for (const server of point.servers) {
          const p99 = server.classes[scenario.compared].p99_us.median;
          (lines[server.name] ??= []).push([point.x, p99]);
        }
      }
      draw(element, lines, {label: `${scenario.x_axis}: p99`,
           values: (_, ticks) => ticks.map(thousands)}, scenario.x_axis);
    } else {
      for (const server of scenario.points[0].servers) {
        lines[server.name] = server.classes[scenario.compared].curve
            .map(([p, us]) => [nines(p), us]);
      }
      draw(element, lines, {label: "percentile", splits: () => [0, 1, 2, 3, 4, 5],
           values: (_, ticks) => ticks.map(percentile)}, "percentile");
    }
    plotted[scenario.name] = lines;
  }
  document.getElementById("plotted").textContent = JSON.stringify(plotted);
})();
