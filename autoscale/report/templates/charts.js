// The charts of a report: several uPlot charts over one time axis, with one cursor and one zoom.
// Also used by the live page. `data` is {charts: [{id, title, unit, x, series}], stages, events, spans}.
"use strict";

function drawCharts(root, data) {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const plots = [];
  let zooming = false, shown = data.range;  // the span that every chart shows; survives a rebuild

  const clock = (s) => {
    const sign = s < 0 ? "-" : "", v = Math.abs(Math.round(s)), h = Math.floor(v / 3600), m = Math.floor(v / 60) % 60;
    return sign + (h ? h + ":" + String(m).padStart(2, "0") : m) + ":" + String(v % 60).padStart(2, "0");
  };
  const figure = (v) => v == null ? "unknown" : Math.abs(v) >= 100 || Number.isInteger(v) ? v.toFixed(0) : v.toPrecision(3);

  // Stages are shaded in turn behind the curves, their names stand on the first chart.
  const shadeStages = (named) => (u) => {
    const {ctx, bbox} = u;
    ctx.save();
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = "left"; ctx.textBaseline = "alphabetic";
    (data.stages || []).forEach((stage, i) => {
      const left = Math.max(u.valToPos(stage.start, "x", true), bbox.left);
      const right = Math.min(u.valToPos(stage.end, "x", true), bbox.left + bbox.width);
      if (right <= left) return;
      ctx.fillStyle = css(i % 2 ? "--band" : "--band-alt");
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
      if (named && ctx.measureText(stage.name).width < right - left - 8) {
        ctx.fillStyle = css("--muted");
        ctx.fillText(stage.name, left + 4 * devicePixelRatio, bbox.top + 22 * devicePixelRatio);
      }
    });
    for (const span of data.spans || []) {
      const left = u.valToPos(span.start, "x", true), right = u.valToPos(span.end, "x", true);
      ctx.fillStyle = css("--finding");
      ctx.fillRect(left, bbox.top + bbox.height - 4 * devicePixelRatio, Math.max(right - left, 2), 4 * devicePixelRatio);
    }
    ctx.restore();
  };

  const markEvents = (u) => {
    const {ctx, bbox} = u;
    ctx.save();
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const event of data.events || []) {
      const x = u.valToPos(event.at, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      const colour = css(event.up ? "--up" : "--down"), r = 4 * devicePixelRatio;
      ctx.strokeStyle = ctx.fillStyle = colour;
      ctx.beginPath(); ctx.moveTo(x, bbox.top); ctx.lineTo(x, bbox.top + bbox.height); ctx.stroke();
      const y = bbox.top + (event.up ? 2 * r : 0), tip = event.up ? -2 * r : 2 * r;
      ctx.beginPath(); ctx.moveTo(x - r, y); ctx.lineTo(x + r, y); ctx.lineTo(x, y + tip); ctx.fill();
    }
    ctx.restore();
  };

  const follow = (u) => {  // one zoom for all
    if (zooming) return;
    zooming = true;
    shown = [u.scales.x.min, u.scales.x.max];
    for (const other of plots) if (other !== u) other.setScale("x", {min: u.scales.x.min, max: u.scales.x.max});
    zooming = false;
  };

  const options = (chart, first, width) => ({
    width, height: width < 520 ? 150 : 180, title: "",
    cursor: {sync: {key: "run", setSeries: false}, drag: {x: true, y: false}, y: false},
    legend: {live: true},
    scales: {x: {time: false, range: (u, min, max) => min == null ? shown : [min, max]},
             y: {range: (u, min, max) => [0, Math.max(max || 0, chart.top || 0, 1e-3) * 1.08]}},
    axes: [
      {stroke: css("--muted"), grid: {stroke: css("--grid")}, ticks: {stroke: css("--grid")},
       values: (u, ticks) => ticks.map(clock), space: 70, size: 30,
       incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400], font: "11px system-ui, sans-serif"},
      {stroke: css("--muted"), grid: {stroke: css("--grid")}, ticks: {stroke: css("--grid")}, size: 54,
       ...(chart.whole ? {incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]} : {}),
       values: (u, ticks) => ticks.map((v) => v === 0 ? "0" : figure(v)), font: "11px system-ui, sans-serif"},
    ],
    series: [{label: "time", value: (u, v) => v == null ? "--" : clock(v)}, ...chart.series.map((s) => ({
      label: s.label, stroke: css(s.colour), width: s.width || 1.6, dash: s.dash, spanGaps: !!s.stepped,
      points: {show: false},
      fill: s.fill ? css(s.fill) : undefined,
      paths: s.stepped ? uPlot.paths.stepped({align: 1}) : undefined,
      value: (u, v) => v == null ? "--" : figure(v) + (chart.unit ? " " + chart.unit : ""),
    }))],
    hooks: {drawClear: [shadeStages(first)], draw: [markEvents], setScale: [(u, key) => { if (key === "x") follow(u); }]},
  });

  const keys = (plot, chart, live) => (event) => {  // arrow keys move the cursor, Escape shows everything
    const x = plot.data[0], at = plot.cursor.idx;
    if (event.key === "Escape") return whole();
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    const step = (event.shiftKey ? 10 : 1) * (event.key === "ArrowRight" ? 1 : -1);
    const i = Math.min(Math.max((at == null ? 0 : at) + step, 0), x.length - 1);
    plot.setCursor({left: plot.valToPos(x[i], "x"), top: 10});
    live.textContent = clock(x[i]) + ": " + chart.series.map((s, k) => s.label + " " + figure(plot.data[k + 1][i])).join(", ");
  };

  const show = ([min, max]) => { if (plots.length) plots[0].setScale("x", {min, max}); };
  const whole = () => show(data.range);

  const build = () => {
    const span = shown;
    plots.splice(0).forEach((plot) => plot.destroy());
    root.textContent = "";
    const live = document.createElement("p");
    live.className = "visually-hidden"; live.setAttribute("aria-live", "polite");
    const width = Math.max(280, root.clientWidth);
    data.charts.forEach((chart, i) => {
      const box = document.createElement("figure"), title = document.createElement("figcaption");
      title.textContent = chart.title;
      box.className = "chart"; box.id = "chart-" + chart.id; box.tabIndex = 0;
      box.setAttribute("aria-label", chart.title + ". Arrow keys move the cursor, Escape shows the whole run.");
      box.append(title); root.append(box);
      const plot = new uPlot(options(chart, i === 0, width), [chart.x, ...chart.series.map((s) => s.y)], box);
      box.addEventListener("keydown", keys(plot, chart, live));
      plots.push(plot);
    });
    root.append(live);
    show(span);
  };

  build();
  let width = root.clientWidth, timer;
  addEventListener("resize", () => {
    if (root.clientWidth === width) return;
    width = root.clientWidth; clearTimeout(timer); timer = setTimeout(build, 80);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", build);
  return {plots, rebuild: build, whole};
}
