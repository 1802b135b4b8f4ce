"""The families of series that count requests, as their exporters name them (docs/imports.md is made from these)."""

from typing import NamedTuple


class Family(NamedTuple):
    """One view of requests: ``counters`` in the order of preference, the base name of its ``histogram`` (without
    ``_bucket``), seconds per ``unit`` of it, and who gives it, with the release line meant (not tried against each)."""

    source: str
    counters: tuple[str, ...]
    histogram: str
    unit: float
    unit_name: str
    labels: str
    since: str


_S, _MS = 1.0, 0.001
# In the order of preference: the workload's own count first, then its sidecar, then what stands before it.
KNOWN = (
    Family("this project's app, prometheus_client, prom-client", ("http_requests_total",),
           "http_request_duration_seconds", _S, "s", "status, code, status_code", "app 0.1.0"),
    Family("Micrometer (Spring Boot)", ("http_server_requests_seconds_count",), "http_server_requests_seconds", _S, "s",
           "status, outcome, uri", "Spring Boot 3"),
    Family("OpenTelemetry (stable)", ("http_server_request_duration_seconds_count",),
           "http_server_request_duration_seconds", _S, "s", "http_response_status_code", "semconv 1.23"),
    Family("OpenTelemetry (before 1.23)", ("http_server_duration_milliseconds_count",),
           "http_server_duration_milliseconds", _MS, "ms", "http_status_code", "semconv 1.20"),
    Family("OpenTelemetry (no unit in the name)", ("http_server_request_duration_count",),
           "http_server_request_duration", _S, "s", "http_response_status_code", "semconv 1.23"),
    Family("OpenTelemetry (before 1.23, no unit in the name)", ("http_server_duration_count",), "http_server_duration",
           _MS, "ms", "http_status_code", "semconv 1.20"),
    Family("prometheus-flask-exporter", ("flask_http_request_total",), "flask_http_request_duration_seconds", _S, "s",
           "status", "0.23"),
    Family("prometheus-net", ("http_requests_received_total",), "http_request_duration_seconds", _S, "s", "code",
           "8.2"),
    Family("go-grpc-middleware", ("grpc_server_handled_total",), "grpc_server_handling_seconds", _S, "s", "grpc_code",
           "2.x"),
    Family("Istio", ("istio_requests_total",), "istio_request_duration_milliseconds", _MS, "ms",
           "response_code, reporter, destination_workload", "1.2x"),
    Family("Linkerd", ("response_total", "request_total"), "response_latency_ms", _MS, "ms",
           "classification, status_code, direction", "2.x"),
    Family("Envoy (downstream)", ("envoy_http_downstream_rq_xx", "envoy_http_downstream_rq_total"),
           "envoy_http_downstream_rq_time", _MS, "ms", "envoy_response_code_class", "1.30"),
    Family("Envoy (upstream)", ("envoy_cluster_upstream_rq", "envoy_cluster_upstream_rq_xx",
                                "envoy_cluster_upstream_rq_total"),
           "envoy_cluster_upstream_rq_time", _MS, "ms", "envoy_response_code, envoy_response_code_class", "1.30"),
    Family("Traefik (service)", ("traefik_service_requests_total",), "traefik_service_request_duration_seconds", _S,
           "s", "code", "3.x"),
    Family("Traefik (router)", ("traefik_router_requests_total",), "traefik_router_request_duration_seconds", _S, "s",
           "code", "3.x"),
    Family("Traefik (entry point)", ("traefik_entrypoint_requests_total",),
           "traefik_entrypoint_request_duration_seconds", _S, "s", "code", "3.x"),
    Family("ingress-nginx", ("nginx_ingress_controller_requests",), "nginx_ingress_controller_request_duration_seconds",
           _S, "s", "status, ingress, service", "1.x"),
    Family("HAProxy (backend)", ("haproxy_backend_http_responses_total", "haproxy_backend_http_requests_total"), "", _S,
           "s", "code, proxy", "2.x"),
    Family("HAProxy (frontend)", ("haproxy_frontend_http_responses_total", "haproxy_frontend_http_requests_total"), "",
           _S, "s", "code, proxy", "2.x"),
    Family("HAProxy (server)", ("haproxy_server_http_responses_total",), "", _S, "s", "code, proxy, server", "2.x"),
    Family("Kong", ("kong_http_requests_total",), "kong_request_latency_ms", _MS, "ms", "code", "3.x"),
    Family("Caddy", ("caddy_http_request_duration_seconds_count",), "caddy_http_request_duration_seconds", _S, "s",
           "code, handler", "2.x"),
)  # fmt: skip
# What counts requests to monitoring and to the cluster's own parts: never the workload's.
ASIDE = (
    "prometheus_", "alertmanager_", "grafana_", "promhttp_", "kubelet_", "apiserver_", "rest_client_", "coredns_",
    "etcd_", "kube_", "workqueue_", "scheduler_", "go_", "process_", "scrape_", "container_", "kubeproxy_",
    "authentication_",
)  # fmt: skip
KUBERNETES = (
    "kube_deployment_{spec,status}_replicas*, kube_statefulset_*replicas*, kube_horizontalpodautoscaler_*, "
    "kube_pod_container_resource_{requests,limits}, kube_pod_owner, kube_replicaset_owner (kube-state-metrics) and "
    "container_cpu_usage_seconds_total (cAdvisor)"
)


def known_names() -> str:
    """Every counter that is known, in one line."""
    return ", ".join(counter for family in KNOWN for counter in family.counters)
