// The Scaling page by itself: shows the run. At the front door it goes over to Locust's page once the load runs.
"use strict";

liveCharts(document.getElementById("live"), {
  onState: (news, first) => {
    if (!first && news.state === "running" && location.pathname === "/") location.replace("/?tab=scaling");
  },
});
