// Live charts of a run: asks the page for what is new once a second and draws it with charts.js.
"use strict";

// `inLocust`: the page has a Stop button and Locust's tabs already. `onState` is told when the state changes.
function liveCharts(root, {inLocust = false, onState = () => {}} = {}) {
  const PERIOD_MS = 1000, RECENT_S = 15;
  let run = null, version = 0, zero = 0, seconds = new Map(), pods = [], cpu = [], news = null, drawn = null,
    shown = null, events = [], told = {};

  root.classList.add("autoscale");
  root.innerHTML = '<nav class="ways"></nav><p class="status" role="status"></p><section class="end" aria-label="Verdict" aria-live="polite"></section>' +
    '<dl class="tiles"></dl><div class="charts"></div>' +
    '<p class="hint" hidden>Drag over a chart to zoom in, double-click to zoom out. Triangles mark the scale events; the reason stands there. With the keyboard: Tab to a chart, arrows, Home and End move the cursor, + and − zoom, Esc shows all.</p>' +
    '<section class="names" aria-label="Requests by name"></section><section class="scaled" aria-label="Scale events"></section><details class="log" hidden><summary></summary><ol></ol></details>';
  const [ways, status, end, tiles, charts, names, scaled, log] =
    [".ways", ".status", ".end", ".tiles", ".charts", ".names", ".scaled", ".log"]
    .map((name) => root.querySelector(name));
  const make = (tag, text = "", name = "") => {
    const element = document.createElement(tag);
    element.textContent = text;
    if (name) element.className = name;
    return element;
  };

  const clock = (s) => Math.floor(Math.max(s, 0) / 60) + ":" + String(Math.floor(Math.max(s, 0)) % 60).padStart(2, "0");
  const round = (v) => Math.round(v * 100) / 100;
  const since = (time) => round(time - zero);

  function take(fresh) {
    if (fresh.run !== run) {
      run = fresh.run; seconds = new Map(); pods = []; cpu = []; drawn = null; events = []; told = {};
    }
    version = fresh.version;
    news = {...fresh, ...(fresh.header || {scenario: news.scenario, target: news.target})};
    // Before the load begins time counts from the run's beginning; then everything moves to the load's.
    zero = fresh.zero ?? fresh.from ?? 0;
    for (const row of fresh.seconds) seconds.set(row[0], row);
    extend(pods, fresh.pods);
    extend(cpu, fresh.cpu);
    const last = events.length ? events[events.length - 1][0] : 0;
    events.push(...fresh.log.filter((row) => row[0] > last));
  }

  const reasonOf = (event) => [event.reason, event.target].filter(Boolean).join(", ");

  // The last steps may have changed since they were sent, or come again while a second is held back for a late worker.
  function extend(steps, fresh) {
    for (const row of fresh) {
      while (steps.length && steps[steps.length - 1][0] >= row[0]) steps.pop();
      steps.push(row);
    }
  }

  // The offered rate as planned (piecewise linear), so that what is still to come can be seen.
  function plannedAt(points, t) {
    if (!points || !points.length || t < points[0][0] || t > points[points.length - 1][0]) return null;
    let i = points.findLastIndex((point) => point[0] <= t);
    if (i >= points.length - 1) return points[points.length - 1][1];
    const [t0, r0] = points[i], [t1, r1] = points[i + 1];
    return t1 === t0 ? r1 : r0 + (r1 - r0) * (t - t0) / (t1 - t0);
  }

  function loadColumns() {
    const rows = [...seconds.values()].sort((a, b) => a[0] - b[0]);
    const points = news.zero == null ? [] : news.scenario.points || [];
    const last = rows.length ? since(rows[rows.length - 1][0]) : -Infinity;
    // A step of the plan is two points at one time: the first is drawn a moment earlier.
    const ahead = points.map(([t], i) => i + 1 < points.length && points[i + 1][0] === t ? t - 0.001 : t)
      .filter((t, i, all) => t > last && t !== all[i - 1]);
    const x = [...rows.map((row) => since(row[0])), ...ahead];
    const column = (i) => [...rows.map((row) => row[i]), ...ahead.map(() => null)];
    return {x, plan: x.map((t) => plannedAt(points, t)), column};
  }

  function steps(rows) {
    const held = rows.length ? [...rows, [news.now, rows[rows.length - 1][1], rows[rows.length - 1][2]]] : [];
    return {x: held.map((row) => since(row[0])), first: held.map((row) => row[1]), second: held.map((row) => row[2])};
  }

  function chartList() {
    const load = loadColumns(), replicas = steps(pods), used = steps(cpu);
    return [
      {id: "load", title: "Load: requests per second", unit: "/s", top: 1, x: load.x, series: [
        {label: "plan", colour: "--muted", dash: [4, 3], width: 1, y: load.plan},
        {label: "offered", colour: "--a", fill: "--fill", lasts: 1, y: load.column(1)},
        {label: "answered", colour: "--b", lasts: 1, y: load.column(2)},
        {label: "failed", colour: "--c", lasts: 1, quiet: true, y: load.column(3)},
        {label: "dropped", colour: "--e", lasts: 1, quiet: true, y: load.column(4)}]},
      {id: "latency", title: "Latency from the intended start: milliseconds", unit: "ms", top: 10, x: load.x, series: [
        {label: "p50", colour: "--b", lasts: 1, y: load.column(5)},
        {label: "p95", colour: "--a", lasts: 1, y: load.column(6)},
        {label: "p99", colour: "--d", width: 1, lasts: 1, y: load.column(7)}]},
      {id: "pods", title: "Pods: desired and ready", unit: "", top: 1, whole: true, x: replicas.x, series: [
        {label: "desired", colour: "--a", fill: "--fill", stepped: true, y: replicas.first},
        {label: "ready", colour: "--b", stepped: true, y: replicas.second}]},
      {id: "cpu", title: "CPU of all pods against the target: millicores", unit: "m", top: 100, x: used.x, series: [
        {label: "used", colour: "--a", stepped: true, y: used.first},
        {label: "target", colour: "--c", dash: [6, 4], width: 1, stepped: true, y: used.second}]},
    ];
  }

  function range() {
    const times = [news.from, news.now, ...(pods.length ? [pods[0][0]] : [])].filter((t) => t != null).map(since);
    const planned = news.zero == null ? 60 : news.scenario.duration_s || 0;
    return [Math.min(...times, 0), Math.max(...times, planned)];
  }

  function draw() {
    const fresh = {
      range: range(), charts: chartList(), spans: [], empty: news.state === "ended" ? "Not recorded." : "Nothing yet.",
      stages: news.zero == null ? [] : (news.scenario.stages || []).map((s) => ({name: s.name, start: s.start_s, end: s.end_s})),
      events: news.events.map((event) => ({...event, at: since(event.at), words: reasonOf(event)})),
    };
    if (drawn) return drawn.update(fresh);
    drawn = drawCharts(charts, fresh);
    root.querySelector(".hint").hidden = false;
  }

  function figures() {
    const known = [...seconds.values()].sort((a, b) => a[0] - b[0]);
    const sending = ["running", "ending"].includes(news.state);
    const last = known.slice(-5).filter((row) => sending && row[0] > news.now - RECENT_S), pod = pods[pods.length - 1];
    const mean = (i) => last.length && last.every((row) => row[i] != null)
      ? (last.reduce((sum, row) => sum + row[i], 0) / last.length).toFixed(0) + " /s" : "–";
    const worst = last.map((row) => row[6]).filter((v) => v != null);
    return [
      ["offered", mean(1)], ["answered", mean(2)],
      ["p95, worst of 5 s", worst.length ? Math.max(...worst).toFixed(0) + " ms" : "–"],
      ["pods ready of desired", pod ? `${pod[2] ?? "?"} of ${pod[1] ?? "?"}` : "–"],
      ["HPA sees/target", news.targets ?? "–"],
    ];
  }

  function words() {
    const {state, scenario, target, desk} = news, duration = scenario.duration_s;
    const at = news.zero == null ? null : news.now - news.zero;
    const stage = at == null ? null : (scenario.stages || []).find((s) => s.start_s <= at && at < s.end_s);
    if (desk && desk.error) return "The run could not be done. " + desk.error;
    if (state === "ended" && desk && desk.busy) return "The run has ended: its report is written and what it made is removed.";
    return {
      waiting: "No run yet.",
      starting: "A run is being started: cluster and service first.",
      preparing: "Preparing: the service and the load generator are being started.",
      running: `Load is being sent: ${clock(at)} of ${clock(duration)}${stage ? ", " + stage.name : ""}.`,
      ending: "The load is being ended.",
      "scaling down": "The load has ended; waiting for the autoscaler to scale down.",
      ended: news.outcome ? "The run has ended." : "The run has ended; its report is being written.",
    }[state] + (target && target.name ? ` ${target.kind} ${target.name} in ${target.namespace}.` : "") +
      (news.gaps ? ` ${news.gaps} gap${news.gaps > 1 ? "s" : ""} in what was seen.` : "");
  }

  function link(text, address) {
    const a = document.createElement("a");
    a.textContent = text; a.href = address;
    return a;
  }

  function stopButton() {
    const button = document.createElement("button"), token = news.desk.token;
    button.textContent = "Stop this run"; button.className = "quiet"; button.type = "button";
    button.addEventListener("click", () => {
      button.disabled = true;
      fetch("/autoscale/stop", {method: "POST", headers: {"X-Autoscale-Token": token}});
    });
    return button;
  }

  // What is built anew only when it changes, or a click would miss its target and a screen reader would say it again.
  function once(place, value, build) {
    const now = JSON.stringify(value);
    if (told[place.className] === now) return;
    told[place.className] = now;
    place.replaceChildren(...build());
  }

  function table(heads, rows) {
    const box = make("div", "", "scroll"), one = make("table"), head = make("thead"), body = make("tbody"), first = make("tr");
    first.append(...heads.map((text) => make("th", text)));
    head.append(first); one.append(head, body); box.append(one);
    body.append(...rows.map((cells) => {
      const row = make("tr");
      row.append(...cells.map((cell) => cell instanceof Node ? cell : make("td", cell)));
      return row;
    }));
    return box;
  }

  // The end of the run: the verdict, each objective, each finding with its patch.
  function verdict() {
    const {outcome} = news;
    if (!outcome) return [];
    const line = make("p", "", "verdict");
    line.append(make("span", outcome.verdict, "badge " + outcome.verdict), " ", outcome.reason);
    const parts = [line, make("p", outcome.in_short)];
    if (outcome.objectives.length) parts.push(make("h3", "Objectives"), table(["Objective", "Verdict", "Value", "Bound", "Why"],
      outcome.objectives.map((one) => [one.text, make("td", one.outcome, "state " + one.outcome), one.value, one.bound, one.reason])));
    parts.push(make("h3", "Findings"));
    for (const one of outcome.findings) {
      const card = make("article", "", "finding"), advice = make("p");
      advice.append(make("strong", "What to change. "), one.advice);
      card.append(make("p", `${one.id} · ${one.severity}`, "tag"), make("h4", one.title), make("p", one.sentence), advice);
      if (one.patch) card.append(make("p", "Patch for " + one.patch_target, "tag"), make("pre", one.patch));
      if (one.expected) card.append(make("p", `Expected of it: ${one.expected}.`));
      parts.push(card);
    }
    if (!outcome.findings.length) parts.push(make("p", "None of the rules found a fault in this run."));
    return parts;
  }

  // Each journey and each name of requests since the load began, where there are several.
  function byName() {
    if (!news.names.length) return [];
    const time = (ms) => ms == null ? "–" : ms + " ms";
    return [make("h3", "By name"), table(["", "Name", "Answered", "Failed", "Dropped", "p50", "p95", "p99"],
      news.names.map(([kind, name, answered, failed, dropped, ...times]) => [kind, name, answered, failed, dropped, ...times.map(time)]))];
  }

  function scaling() {
    if (!news.events.length) return [];
    return [make("h3", "Scale events"), table(["Time", "Pods", "Reason", "Seen/target"], news.events.map((event) => {
      const cell = make("td"), button = make("button", clock(since(event.at)), "look");
      button.type = "button"; button.title = "Show it in the charts";
      button.addEventListener("click", () => drawn && drawn.look(since(event.at)));
      cell.append(button);
      return [cell, event.label, event.reason || "–", event.target || "–"];
    }))];
  }

  function listEvents() {
    if (log.hidden === (events.length > 0)) log.hidden = !events.length;
    log.querySelector("summary").textContent = `Events of the cluster (${events.length})`;
    const list = log.querySelector("ol");
    if (list.childElementCount > events.length) list.replaceChildren();
    if (list.dataset.zero !== String(zero)) { list.replaceChildren(); list.dataset.zero = zero; }
    for (const [, at, reason, object, message] of events.slice(list.childElementCount)) {
      list.append(make("li", `${signed(since(at))}  ${reason}  ${object}: ${message}`));
    }
  }
  const signed = (s) => (s < 0 ? "-" : "") + clock(Math.abs(s));

  // Where to go from here; made anew only when something about it changes, or a click would miss its target.
  function offer() {
    const {state, desk, report} = news, known = JSON.stringify([state, run, desk, report]);
    if (known === shown) return;
    const before = shown;
    shown = known;
    const links = [];
    if (state === "running" && !inLocust) links.push(link("Locust’s own tabs", "/?tab=stats"));
    if (report) links.push(link("Report of this run", report));
    if (desk && !desk.busy) links.push(link("Start another run", "/"));
    if (desk && desk.busy && !inLocust) links.push(stopButton());
    ways.replaceChildren(...links);
    onState(news, before === null);
  }

  function show() {
    const name = document.createElement("strong");
    name.textContent = news.scenario.name ? news.scenario.name + ". " : "";
    status.replaceChildren(name, words());
    offer();
    once(end, news.outcome, verdict);
    once(names, news.names, byName);
    once(scaled, [news.events, zero], scaling);
    listEvents();
    tiles.replaceChildren(...figures().filter(([, value]) => news.state !== "ended" || value !== "–").map(([label, value]) => {
      const tile = document.createElement("div"), term = document.createElement("dt"), figure = document.createElement("dd");
      tile.className = "tile"; term.textContent = label; figure.textContent = value;
      tile.append(term, figure);
      return tile;
    }));
    if (root.offsetParent !== null && run !== null) draw();
  }

  async function poll() {
    try {
      const query = new URLSearchParams({since: version, ...(run === null ? {} : {run})});
      const answer = await fetch("/autoscale/live?" + query);
      if (answer.ok) {
        take(await answer.json());
        show();
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      status.textContent = "The run's page is not there any more: the run has ended, or its terminal was closed.";
    }
    setTimeout(poll, PERIOD_MS);
  }

  poll();
  return {redraw: () => { if (drawn) drawn.rebuild(); if (news) show(); }};
}
