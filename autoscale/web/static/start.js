// The page where a run is chosen and started.
"use strict";

(() => {
  const {token, factors, error, choices, past} = JSON.parse(document.querySelector("main").dataset.page);
  const by = (id) => document.getElementById(id);
  const make = (tag, text, name) => {
    const element = document.createElement(tag);
    element.textContent = text ?? "";
    if (name) element.className = name;
    return element;
  };
  const clock = (s) => Math.floor(s / 60) + ":" + String(Math.round(s) % 60).padStart(2, "0");
  const chosen = () => choices.find((choice) => choice.name === document.querySelector("[name=scenario]:checked")?.value);

  by("error").textContent = error ?? "";

  by("choices").append(...choices.map((choice, i) => {
    const label = make("label", "", "choice"), input = make("input");
    input.type = "radio"; input.name = "scenario"; input.value = choice.name;
    input.checked = choices.some((one) => one.name === "first-look") ? choice.name === "first-look" : i === 0;
    label.append(input, make("strong", choice.name), make("span", choice.description, "what"));
    return label;
  }));

  for (const id of ["rate", "time"]) [by(id).min, by(id).max] = factors;

  // The factors' effect, before anything is sent.
  function sum() {
    const choice = chosen(), rate = Number(by("rate").value), time = Number(by("time").value);
    by("sum").textContent = choice && rate > 0 && time > 0
      ? `Up to ${+(choice.peak * rate).toPrecision(3)} ${choice.unit} for ${clock(choice.duration_s * time)} minutes, then the way back down.`
      : "";
  }
  by("start").addEventListener("input", sum);
  sum();

  by("start").addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.target.querySelector("button"), choice = chosen();
    button.disabled = true;
    by("error").textContent = "";
    try {
      const answer = await fetch("/autoscale/start", {
        method: "POST",
        headers: {"Content-Type": "application/json", "X-Autoscale-Token": token},
        body: JSON.stringify({scenario: choice.name, rate_factor: Number(by("rate").value), time_factor: Number(by("time").value)}),
      });
      const said = await answer.json();
      if (said.success) return location.replace("/");
      by("error").textContent = said.message;
    } catch {
      by("error").textContent = "The page does not answer: is `autoscale ui` still running?";
    }
    button.disabled = false;
  });

  function row(run) {
    const tr = make("tr"), report = make("td");
    if (run.has_report) {
      const a = make("a", "report");
      a.href = `/runs/${encodeURIComponent(run.name)}/report.html`;
      report.append(a);
    }
    tr.append(
      make("td", run.began === null ? "unknown" : new Date(run.began * 1000).toLocaleString()),
      make("td", run.verdict, run.verdict), report, make("td", run.scenario), make("td", run.name));
    return tr;
  }

  function table() {
    const table = make("table"), head = make("tr"), scroll = make("div", "", "scroll");
    head.append(...["began", "verdict", "", "scenario", "folder"].map((text) => make("th", text)));
    table.append(head, ...past.map(row));
    scroll.append(table);
    return scroll;
  }
  by("past").append(past.length ? table() : make("p", "None yet."));
})();
