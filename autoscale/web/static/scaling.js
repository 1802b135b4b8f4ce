// The Scaling page by itself: shows the run, and goes over to Locust's page as soon as the load runs.
"use strict";

(() => {
  const ways = document.getElementById("ways"), front = location.pathname === "/";
  let state = null, run = null, token = null;

  function link(text, address) {
    const a = document.createElement("a");
    a.textContent = text; a.href = address;
    return a;
  }

  function stopButton() {
    const button = document.createElement("button");
    button.textContent = "Stop"; button.className = "quiet"; button.type = "button";
    button.addEventListener("click", () => {
      button.disabled = true;
      fetch("/autoscale/stop", {method: "POST", headers: {"X-Autoscale-Token": token}});
    });
    return button;
  }

  function offer(news) {
    const links = [];
    if (news.state === "running") links.push(link("Locust’s own page", "/?tab=stats"));
    if (news.desk && !news.desk.busy) links.push(link("Start a run", "/"));
    if (news.desk && news.state === "ended" && !news.desk.busy) links.push(link("Report of this run", `/runs/${news.run}/report.html`));
    if (news.desk && news.desk.busy) links.push(stopButton());
    ways.replaceChildren(...links);
    ways.hidden = links.length === 0;
  }

  liveCharts(document.getElementById("live"), (news) => {
    const known = JSON.stringify([news.state, news.run, news.desk]);
    if (known === state) return;
    const began = state !== null && news.state === "running";
    state = known; run = news.run; token = news.desk && news.desk.token;
    offer(news);
    if (front && began) location.replace("/?tab=scaling");
  });
})();
