// The Scaling tab of Locust's page: a panel laid over the empty tab, shown while the address says ?tab=scaling.
"use strict";

(() => {
  const panel = document.createElement("section");
  panel.id = "autoscale-tab";
  panel.hidden = true;
  document.body.append(panel);
  let live = null, scheme = null;

  // Locust has a switch for light and dark of its own: follow what its page looks like.
  function schemeOfPage() {
    const [r, g, b] = (getComputedStyle(document.body).backgroundColor.match(/\d+/g) || [255, 255, 255]).map(Number);
    return 0.3 * r + 0.6 * g + 0.1 * b < 128 ? "dark" : "light";
  }

  function place() {
    const tabs = document.querySelector('[role="tablist"]');
    const shown = tabs !== null && new URLSearchParams(location.search).get("tab") === "scaling";
    if (shown) panel.style.top = Math.round(tabs.getBoundingClientRect().bottom + scrollY) + "px";
    const found = schemeOfPage(), changed = found !== scheme || panel.hidden === shown;
    scheme = found;
    document.documentElement.dataset.scheme = scheme;
    panel.hidden = !shown;
    if (shown && live === null) live = liveCharts(panel, {inLocust: true});
    else if (shown && changed) live.redraw();
    tidy(shown);
  }

  // What cannot mean anything of a load that follows a plan is taken away: the form that starts runs, the users (each
  // worker is one, whatever the rate), the ratio of their tasks, and the master's log, which is the run's own.
  function tidy(shown) {
    hide(document.querySelectorAll("button"), ["New", "Edit"]);
    hide(document.querySelectorAll('[role="tab"]'), ["Current Ratio", "Logs"]);
    for (const label of document.querySelectorAll("header *, [role=presentation] *")) {
      if (!label.childElementCount && label.textContent.trim() === "Users") label.parentElement.style.display = "none";
    }
    const users = document.querySelector('th[data-sortkey="userCount"]');
    if (users) for (const row of users.closest("table").rows) row.cells[users.cellIndex].style.display = "none";
    const tab = new URLSearchParams(location.search).get("tab"), charts = document.querySelectorAll("main canvas");
    if (tab === "charts" && charts.length === 3) charts[2].parentElement.parentElement.style.display = "none";
    // Locust's footer lies at the window's foot, where our panel goes on.
    for (const button of document.querySelectorAll("#root button")) {
      if (button.textContent.trim() === "About") button.parentElement.parentElement.style.display = shown ? "none" : "";
    }
  }

  function hide(elements, texts) {
    for (const one of elements) if (texts.includes(one.textContent.trim())) one.style.display = "none";
  }

  new MutationObserver(place).observe(document.getElementById("root"), {childList: true, subtree: true});
  addEventListener("popstate", place);
  setInterval(place, 250);
})();
