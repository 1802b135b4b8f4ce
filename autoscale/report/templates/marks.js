// What is painted on the charts beside their curves: stages, findings, scale events, what others did. Used by charts.js.
"use strict";

const chartMarks = (() => {
  const ROW = 13, MOST_ROWS = 3;

  // Where the stages' names stand above the plot: {stage: [row, widest]}, each in the first row that is free at its
  // left edge; the rows that are used. A name that finds no room in any row is shortened to what there is.
  function rowsOf(stages, lefts, wide) {
    const ends = [], places = [];
    stages.forEach((stage, i) => {
      let row = ends.findIndex((end) => end <= lefts[i]);
      if (row < 0) row = ends.length < MOST_ROWS ? ends.length : ends.indexOf(Math.min(...ends));
      places.push({stage, left: Math.max(lefts[i], row < ends.length ? ends[row] : lefts[i]), row});
      ends[row] = places[i].left + wide(stage.name) + 10;
    });
    return {places, rows: ends.length};
  }

  const font = (k) => `${11 * k}px system-ui, sans-serif`;

  // Rows that the names need on a plot of this width (CSS pixels) which shows the span [min, max].
  function namesRows(stages, [min, max], width) {
    const context = document.createElement("canvas").getContext("2d");
    context.font = font(1);
    const lefts = stages.map((stage) => (stage.start - min) / (max - min) * width);
    return rowsOf(stages, lefts, (name) => context.measureText(name).width).rows;
  }

  function names(u, stages, css, k) {
    const {ctx, bbox} = u, right = bbox.left + bbox.width, seen = stages.filter((stage) =>
      u.valToPos(stage.end, "x", true) > bbox.left && u.valToPos(stage.start, "x", true) < right);
    ctx.font = font(k); ctx.textAlign = "left"; ctx.textBaseline = "alphabetic"; ctx.fillStyle = css("--muted");
    const lefts = seen.map((stage) => Math.max(u.valToPos(stage.start, "x", true), bbox.left));
    const {places} = rowsOf(seen, lefts, (name) => ctx.measureText(name).width);
    for (const {stage, left, row} of places) {
      const next = Math.min(right, ...places.filter((other) => other.row === row && other.left > left).map((p) => p.left));
      const text = shortened(ctx, stage.name, next - left - 4 * k);
      ctx.fillText(text, left + 2 * k, bbox.top - 5 * k - ROW * k * row);
    }
  }

  function shortened(ctx, name, room) {
    if (ctx.measureText(name).width <= room) return name;
    let n = name.length - 1;
    while (n > 0 && ctx.measureText(name.slice(0, n) + "…").width > room) n--;
    return n > 0 ? name.slice(0, n) + "…" : "";
  }

  // Stages are shaded in turn behind the curves; a finding's span is a bar at the foot.
  function behind(u, {stages, spans}, css, k) {
    const {ctx, bbox} = u, right = bbox.left + bbox.width;
    const fill = (from, to, top, height, colour, least) => {
      const x = Math.max(u.valToPos(from, "x", true), bbox.left), end = Math.min(u.valToPos(to, "x", true), right);
      if (end <= x && (!least || x > right || end < bbox.left)) return;
      ctx.fillStyle = css(colour);
      ctx.fillRect(x, top, Math.max(end - x, least), height);
    };
    stages.forEach((stage, i) => fill(stage.start, stage.end, bbox.top, bbox.height, i % 2 ? "--band" : "--band-alt", 0));
    for (const span of spans) fill(span.start, span.end, bbox.top + bbox.height - 4 * k, 4 * k, "--finding", 2 * k);
  }

  // A dashed line and a triangle for each scale event; where `labelled`, its change of size above it, as far
  // as there is room.
  function events(u, list, css, k, labelled) {
    const {ctx, bbox} = u, r = 4 * k, right = bbox.left + bbox.width;
    let free = -Infinity;
    ctx.lineWidth = k; ctx.font = font(k); ctx.textAlign = "left"; ctx.textBaseline = "alphabetic";
    for (const event of list) {
      const x = u.valToPos(event.at, "x", true);
      if (x < bbox.left || x > right) continue;
      ctx.strokeStyle = ctx.fillStyle = css(event.up ? "--up" : "--down");
      ctx.setLineDash([3 * k, 3 * k]);
      ctx.beginPath(); ctx.moveTo(x, bbox.top); ctx.lineTo(x, bbox.top + bbox.height); ctx.stroke();
      ctx.setLineDash([]);
      const y = bbox.top + (event.up ? 2 * r : 0), tip = event.up ? -2 * r : 2 * r;
      ctx.beginPath(); ctx.moveTo(x - r, y); ctx.lineTo(x + r, y); ctx.lineTo(x, y + tip); ctx.fill();
      const width = ctx.measureText(event.label).width, left = Math.min(x - r, right - width);
      if (labelled && left > free) {
        ctx.fillText(event.label, left, bbox.top - 5 * k);
        free = left + width + 6 * k;
      }
    }
  }

  // What somebody else did: a dotted line and a diamond at the foot where it began, a bar as long as it lasted.
  function others(u, list, css, k) {
    const {ctx, bbox} = u, r = 4 * k, right = bbox.left + bbox.width, foot = bbox.top + bbox.height - 10 * k;
    ctx.strokeStyle = ctx.fillStyle = css("--finding"); ctx.lineWidth = k;
    for (const mark of list) {
      const x = u.valToPos(mark.start, "x", true), from = Math.max(x, bbox.left);
      const end = Math.min(u.valToPos(mark.end, "x", true), right);
      if (end > from) ctx.fillRect(from, foot - k / 2, end - from, k);
      if (x < bbox.left || x > right) continue;
      ctx.setLineDash([k, 2 * k]);
      ctx.beginPath(); ctx.moveTo(x, bbox.top); ctx.lineTo(x, foot); ctx.stroke();
      ctx.setLineDash([]);
      ctx.beginPath(); ctx.moveTo(x - r, foot); ctx.lineTo(x, foot - r); ctx.lineTo(x + r, foot); ctx.lineTo(x, foot + r);
      ctx.fill();
    }
  }

  return {ROW, names, namesRows, behind, events, others};
})();
