// The charts of a report: several uPlot charts over one time axis, with one cursor and one zoom.
// Also used by the live page. `data` is {range, charts: [{id, title, unit, x, series}], stages, events, marks, spans}.
"use strict";

function drawCharts(root, data) {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const PAPER_PX = 680;  // the charts' width in print, drawn at twice the size to be sharp; the style sheet fits it
  const plots = [];
  let zooming = false, shown = data.range;  // the span that every chart shows; survives a rebuild
  let pinned = null;  // the time that a key or a list chose; null while the mouse says it
  let paper = false, made = "";

  const clock = (s) => {
    const sign = s < 0 ? "-" : "", v = Math.floor(Math.abs(s) + 1e-6), h = Math.floor(v / 3600), m = Math.floor(v / 60) % 60;
    return sign + (h ? h + ":" + String(m).padStart(2, "0") : m) + ":" + String(v % 60).padStart(2, "0");
  };
  const figure = (v) => v == null ? "unknown" : Math.abs(v) >= 100 || Number.isInteger(v) ? v.toFixed(0) : v.toPrecision(3);

  // A series says what holds at a time: its last point at or before it, never one from the future. A point that stands
  // for `lasts` seconds says nothing after them.
  function before(x, time) {
    let low = 0, high = x.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (x[middle] <= time + 1e-6) low = middle + 1; else high = middle;
    }
    return low ? low - 1 : null;
  }
  function reading(chart, series, time) {
    const i = before(chart.x, time);
    return i === null || (series.lasts && time >= chart.x[i] + series.lasts) ? null : i;
  }
  const stageAt = (time) => (data.stages || []).findLast((stage) => stage.start <= time && time < stage.end);
  const timeWords = (time) => [clock(time), stageAt(time)?.name].filter(Boolean).join(" ");

  // What cannot be told apart from the axis, and is as it should be, is not drawn: failed and dropped requests.
  const isQuiet = (series) => !!series.quiet && !series.y.some((v) => v);
  const isEmpty = (chart) => !chart.series.some((s) => !s.reference && s.y.some((v) => v != null));
  const form = () => JSON.stringify([
    data.charts.map((c) => [c.id, isEmpty(c), c.series.map((s) => [s.label, isQuiet(s)])]), (data.stages || []).length,
    (data.events || []).length > 0]);
  function title(chart) {
    const none = chart.series.filter((s) => isQuiet(s) && s.y.some((v) => v === 0)).map((s) => s.label);
    return chart.title + (none.length ? `; none ${none.join(" or ")}` : "");
  }

  function show([min, max]) {  // one zoom for all
    shown = [min, max];
    zooming = true;
    for (const plot of plots) plot.batch(() => plot.setScale("x", {min, max}));  // at once, or the cursor would lie
    zooming = false;
    if (pinned !== null) pin(pinned);
  }
  const follow = (u) => { if (!zooming) show([u.scales.x.min, u.scales.x.max]); };

  function pin(time) {  // the cursor of every chart to this time; where that is not shown, to none
    pinned = time;
    const seen = time !== null && time >= shown[0] - 1e-6 && time <= shown[1] + 1e-6;
    for (const plot of plots) plot.setCursor({left: seen ? plot.valToPos(time, "x") : -10, top: 10}, true, false);
  }

  const options = (chart, drawn, first, width) => {
    const k = paper ? 2 : 1, pixel = k * devicePixelRatio, font = `${11 * k}px system-ui, sans-serif`;
    const rows = first ? namesRows(width) : chart.whole && (data.events || []).length ? 1 : 0;
    const line = {stroke: css("--muted"), grid: {stroke: css("--grid"), width: k}, ticks: {stroke: css("--grid"), width: k}, font};
    return {
      width: width * k, height: ((width < 520 ? 150 : 180) + rows * chartMarks.ROW) * k, title: "",
      padding: [(8 + rows * chartMarks.ROW) * k, 22 * k, 0, 0],
      cursor: {sync: {key: "run", setSeries: false}, drag: {x: true, y: false}, y: false, points: {show: false},
               dataIdx: (u, i, _, time) => i === 0 ? before(chart.x, pinned ?? time) : reading(chart, drawn[i - 1], pinned ?? time)},
      legend: {live: true},
      scales: {x: {time: false, range: (u, min, max) => min == null ? shown : [min, max]},
               y: {range: (u, min, max) => [0, Math.max(max || 0, chart.top || 0, 1e-3) * 1.08]}},
      axes: [
        {...line, values: (u, ticks) => ticks.map(clock), space: 70 * k, size: 30 * k,
         incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400]},
        {...line, size: 54 * k, space: 30 * k,
         ...(chart.whole ? {incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]} : {}),
         values: (u, ticks) => ticks.map((v) => v === 0 ? "0" : figure(v))},
      ],
      series: [
        {label: "time", value: (u) => u.cursor.left < 0 ? "–" : timeWords(pinned ?? u.posToVal(u.cursor.left, "x"))},
        ...drawn.map((s) => ({
          label: s.label, class: s.class, stroke: css(s.colour), width: (s.width || 1.6) * k, dash: s.dash && s.dash.map((v) => v * k),
          spanGaps: !!s.stepped, points: {show: false}, fill: s.fill ? css(s.fill) : undefined,
          paths: s.stepped ? uPlot.paths.stepped({align: 1}) : undefined,
          value: (u, v) => v == null ? "–" : figure(v) + (chart.unit ? " " + chart.unit : ""),
        })),
      ],
      bands: (chart.bands || []).map((b) => ({series: b.series, fill: css(b.colour) + "33"})),
      hooks: {
        drawClear: [(u) => paint(u, () => chartMarks.behind(u, {stages: data.stages || [], spans: data.spans || []}, css, pixel))],
        draw: [(u) => paint(u, () => {
          if (first) chartMarks.names(u, data.stages || [], css, pixel);
          chartMarks.others(u, data.marks || [], css, pixel);
          chartMarks.events(u, data.events || [], css, pixel, chart.whole);
        })],
        setScale: [(u, key) => { if (key === "x") follow(u); }],
        setCursor: [(u) => tell(u)],
      },
    };
  };

  const namesRows = (width) => chartMarks.namesRows(data.stages || [], shown, Math.max(width - 70, 100));
  function paint(u, work) { u.ctx.save(); work(); u.ctx.restore(); }

  // Why the size changed, or what somebody else did, stands at its mark while the cursor is at it.
  const nearest = (u) => {
    const marks = (data.marks || []).map((mark) => ({at: mark.start, label: "somebody else", words: mark.words}));
    const near = [...(data.events || []), ...marks].map((event) => [Math.abs(u.valToPos(event.at, "x") - u.cursor.left), event])
      .filter(([distance]) => distance <= 6).sort((a, b) => a[0] - b[0]);
    return u.cursor.left >= 0 && near.length ? near[0][1] : null;
  };
  function tell(u) {
    const box = u.root.parentElement, tip = box && box.querySelector(".tip");
    if (!tip) return;
    const event = box.matches(":hover, :focus") || box.id === "chart-pods" && pinned !== null ? nearest(u) : null;
    tip.hidden = event === null;
    if (event === null) return;
    tip.textContent = `${clock(event.at)}  ${event.label}` + (event.words ? `: ${event.words}` : "");
    const x = u.over.offsetLeft + u.valToPos(event.at, "x"), left = x > u.root.clientWidth / 2;
    tip.style.left = left ? "auto" : `${x + 8}px`;
    tip.style.right = left ? `${u.root.clientWidth - x + 8}px` : "auto";
  }

  // Arrow keys go from point to point of what is shown (with Shift by ten), Home and End to its ends, + and - zoom
  // about the cursor, Escape shows everything.
  const keys = (plot, chart, drawn, live) => (event) => {
    const [min, max] = shown, inside = (time) => time >= min - 1e-6 && time <= max + 1e-6;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") return whole();
    const mouse = plot.cursor.left >= 0 ? plot.posToVal(plot.cursor.left, "x") : null;
    const now = [pinned, mouse].find((time) => time !== null && inside(time)) ?? null;
    if (event.key === "+" || event.key === "-") {
      event.preventDefault();
      return zoom(now ?? (min + max) / 2, event.key === "+" ? 0.5 : 2);
    }
    const stepped = chart.series.some((s) => s.stepped);
    const stops = [...new Set([...(stepped ? [min, max] : []), ...chart.x.filter(inside)])].sort((a, b) => a - b);
    if (!stops.length) return;
    const last = stops.length - 1, by = event.shiftKey ? 10 : 1, at = now === null ? null : before(stops, now);
    const next = {
      Home: () => 0, End: () => last,
      ArrowRight: () => at === null ? 0 : at + by,
      ArrowLeft: () => now === null ? last : at === null ? 0 : stops[at] < now - 1e-6 ? at - by + 1 : at - by,
    }[event.key];
    if (!next) return;
    event.preventDefault();
    pin(stops[Math.min(Math.max(next(), 0), last)]);
    live.textContent = spoken(plot, chart, drawn);
  };

  function spoken(plot, chart, drawn) {
    const figures = drawn.map((s) => {
      const i = reading(chart, s, pinned);
      return s.label + " " + figure(i === null ? null : s.y[i]) + (i === null || s.y[i] == null || !chart.unit ? "" : " " + chart.unit);
    });
    const event = nearest(plot);
    return timeWords(pinned) + ": " + figures.join(", ") + (event ? `. ${event.label}${event.words ? ": " + event.words : ""}` : "");
  }

  function zoom(about, factor) {
    const [low, high] = data.range, least = Math.min(1, high - low), [min, max] = shown;
    const length = Math.min(Math.max((max - min) * factor, least), high - low);
    const start = Math.min(Math.max(about - (about - min) * (length / (max - min)), low), high - length);
    show([start, start + length]);
  }

  const whole = () => show(data.range);
  // The cursor to a time, for a list of events; what is shown moves there where it is not in it.
  function look(time) {
    if (time < shown[0] || time > shown[1]) whole();
    pin(time);
    root.querySelector("#chart-pods")?.scrollIntoView({block: "nearest"});
  }

  function figureOf(chart, first, width, live) {
    const box = document.createElement("figure"), caption = document.createElement("figcaption");
    caption.textContent = title(chart);
    box.className = "chart"; box.id = "chart-" + chart.id;
    box.append(caption); root.append(box);
    if (isEmpty(chart)) {
      const none = document.createElement("p");
      none.className = "none"; none.textContent = data.empty || "Not recorded.";
      box.append(none);
      return;
    }
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", chart.title + ". Arrow keys, Home and End move the cursor, plus and minus zoom, Escape shows the whole run.");
    const drawn = chart.series.filter((s) => !isQuiet(s)), tip = document.createElement("div");
    tip.className = "tip"; tip.hidden = true;
    const plot = new uPlot(options(chart, drawn, first, width), [chart.x, ...drawn.map((s) => s.y)], box);
    plot.root.querySelector(".u-wrap").append(tip);
    plot.over.addEventListener("mousemove", () => { pinned = null; });
    plot.over.addEventListener("dblclick", whole);  // uPlot itself would go back to where its data are
    box.addEventListener("keydown", (event) => keys(plot, plot.chart, plot.drawn, live)(event));
    Object.assign(plot, {chart, drawn});
    plots.push(plot);
  }

  const build = () => {
    const span = shown, focus = root.contains(document.activeElement) ? document.activeElement.id : "";
    plots.splice(0).forEach((plot) => plot.destroy());
    root.textContent = "";
    const live = document.createElement("p");
    live.className = "visually-hidden"; live.setAttribute("aria-live", "polite");
    const width = paper ? PAPER_PX : Math.max(280, root.clientWidth);
    data.charts.forEach((chart) => figureOf(chart, plots.length === 0, width, live));
    root.append(live);
    made = form();
    show(span);
    if (focus) document.getElementById(focus)?.focus({preventScroll: true});
  };

  // New data of the same run: a zoom that the reader chose stays, otherwise the whole run is shown.
  function update(fresh) {
    const old = data.range, zoomed = Math.abs(shown[0] - old[0]) > 0.5 || Math.abs(shown[1] - old[1]) > 0.5;
    Object.assign(data, fresh);
    if (!zoomed) shown = data.range;
    if (form() !== made) return build();
    const drawnCharts = data.charts.filter((chart) => !isEmpty(chart));
    plots.forEach((plot, i) => {
      const chart = drawnCharts[i], drawn = chart.series.filter((s) => !isQuiet(s));
      Object.assign(plot.chart, chart);
      plot.drawn.forEach((series, j) => Object.assign(series, drawn[j]));
      plot.setData([chart.x, ...drawn.map((s) => s.y)], false);
    });
    show(shown);
    if (pinned !== null) pin(pinned);
  }

  build();
  let width = root.clientWidth, timer;
  addEventListener("resize", () => {
    if (paper || root.clientWidth === width) return;
    width = root.clientWidth; clearTimeout(timer); timer = setTimeout(build, 80);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", build);

  const print = (on) => () => {
    paper = on;
    document.documentElement.toggleAttribute("data-printing", on);
    build();
  };
  addEventListener("beforeprint", print(true));
  addEventListener("afterprint", print(false));
  return {plots, rebuild: build, whole, update, look};
}
