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
    hideStartForm();
  }

  // Runs are not started in Locust's form: what leads to it is taken away.
  function hideStartForm() {
    for (const button of document.querySelectorAll("button")) {
      if (["New", "Edit"].includes(button.textContent.trim())) button.style.display = "none";
    }
  }

  new MutationObserver(place).observe(document.getElementById("root"), {childList: true, subtree: true});
  addEventListener("popstate", place);
  setInterval(place, 250);
})();
