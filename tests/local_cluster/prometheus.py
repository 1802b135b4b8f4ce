"""Prometheus in the local cluster: it scrapes the app's pods, and knows the load generator's."""

from typing import Any

import yaml

from tests.local_cluster import addons, gobuild, node
from tests.local_cluster.places import State

URL = "http://127.0.0.1:19090"
"""Where KEDA, which runs beside it, finds it."""


def start(state: State) -> None:
    """Prometheus; one that runs already is left as it is.

    InputError where the cluster does not run, ClusterError naming the log to read.
    """
    running, _ = addons.running_in(state)
    programs = gobuild.build(gobuild.PROMETHEUS)
    file = state.config("prometheus.yaml")
    file.write_text(yaml.safe_dump(configuration(state)))
    flags = {
        "config.file": file,
        "storage.tsdb.path": state.root / "prometheus",
        "web.listen-address": URL.removeprefix("http://"),
    }
    addons.start(running, [addons.program("prometheus", programs / "prometheus", flags)])
    assert running.node
    ready = running.node.inside(["curl", "-sf", "-o", "/dev/null", f"{URL}/-/ready"])
    log = state.log("prometheus")
    node.wait_until(lambda: node.succeeds(ready), 60, "Prometheus does not answer", f"read {log}")


def configuration(state: State) -> dict[str, Any]:
    """``pods``: whoever has a port called admin; ``clients``: the load generator's pods, as ``up`` and no more."""
    found = {"role": "pod", "kubeconfig_file": str(state.config("addons.kubeconfig"))}
    name = "app.kubernetes.io/name=loadtest"
    return {
        "global": {"scrape_interval": "5s"},
        "scrape_configs": [
            {
                "job_name": "pods",
                "kubernetes_sd_configs": [found],
                "relabel_configs": [
                    _keep("__meta_kubernetes_pod_container_port_name", "admin"),
                    _keep("__meta_kubernetes_pod_phase", "Running"),
                    _named("__meta_kubernetes_namespace", "namespace"),
                    _named("__meta_kubernetes_pod_name", "pod"),
                ],
            },
            {
                "job_name": "clients",
                "kubernetes_sd_configs": [found | {"selectors": [{"role": "pod", "label": name}]}],
                "relabel_configs": [
                    _keep("__meta_kubernetes_pod_phase", "Running"),
                    _named("__meta_kubernetes_namespace", "namespace"),
                    _named("__meta_kubernetes_pod_name", "pod"),
                ],
            },
        ],
    }


def _keep(label: str, value: str) -> dict[str, Any]:
    return {"source_labels": [label], "regex": value, "action": "keep"}


def _named(label: str, name: str) -> dict[str, Any]:
    return {"source_labels": [label], "target_label": name}
