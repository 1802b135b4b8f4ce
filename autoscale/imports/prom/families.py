"""The families of series that count requests, as their exporters name them (docs/imports.md is made from these)."""

from typing import Literal, NamedTuple


class Family(NamedTuple):
    """One view of requests: ``counters`` in the order of preference, the base name of its ``histogram`` (without
    ``_bucket``), the ``unit`` of it, who gives it, the release line meant, and where that
    was read (but for this project's app the programs were not run)."""

    source: str
    counters: tuple[str, ...]
    histogram: str
    unit: Literal["s", "ms"]
    labels: str
    since: str
    read_in: str


SECONDS_PER = {"s": 1.0, "ms": 0.001}
# In the order of preference: the workload's own count first, then its sidecar, then what stands before it.
KNOWN = (
    Family(
        source="this project's app, prometheus_client, prom-client",
        counters=("http_requests_total",),
        histogram="http_request_duration_seconds",
        unit="s",
        labels="status, code, status_code",
        since="app 0.1.0",
        read_in="app/metrics.py, run",
    ),
    Family(
        source="Micrometer (Spring Boot)",
        counters=("http_server_requests_seconds_count",),
        histogram="http_server_requests_seconds",
        unit="s",
        labels="status, outcome, uri",
        since="Spring Boot 2 and 3, Quarkus",
        read_in="Quarkus' guide to its Micrometer metrics; output in micrometer#3207",
    ),
    Family(
        source="OpenTelemetry (stable)",
        counters=("http_server_request_duration_seconds_count",),
        histogram="http_server_request_duration_seconds",
        unit="s",
        labels="http_response_status_code",
        since="semconv 1.23",
        read_in="semantic-conventions, docs/http/http-metrics.md",
    ),
    Family(
        source="OpenTelemetry (before 1.23)",
        counters=("http_server_duration_milliseconds_count",),
        histogram="http_server_duration_milliseconds",
        unit="ms",
        labels="http_status_code",
        since="semconv 1.20",
        read_in="opentelemetry-specification#3390, which ended it",
    ),
    Family(
        source="OpenTelemetry (1.21, 1.22)",
        counters=("http_server_duration_seconds_count",),
        histogram="http_server_duration_seconds",
        unit="s",
        labels="http_response_status_code, http_status_code",
        since="semconv 1.21",
        read_in="opentelemetry-specification#3390, which made milliseconds seconds",
    ),
    Family(
        source="OpenTelemetry (no unit in the name)",
        counters=("http_server_request_duration_count",),
        histogram="http_server_request_duration",
        unit="s",
        labels="http_response_status_code",
        since="semconv 1.23",
        read_in="as above; exporters can leave units out of names",
    ),
    Family(
        source="OpenTelemetry (before 1.23, no unit in the name)",
        counters=("http_server_duration_count",),
        histogram="http_server_duration",
        unit="ms",
        labels="http_status_code",
        since="semconv 1.20 to 1.22",
        read_in="as above; seconds where the buckets' bounds say so",
    ),
    Family(
        source="prometheus-flask-exporter",
        counters=("flask_http_request_total",),
        histogram="flask_http_request_duration_seconds",
        unit="s",
        labels="status",
        since="0.23",
        read_in="prometheus_flask_exporter, README.md",
    ),
    Family(
        source="prometheus-net",
        counters=("http_requests_received_total",),
        histogram="http_request_duration_seconds",
        unit="s",
        labels="code",
        since="8.2",
        read_in="prometheus-net, README.md",
    ),
    Family(
        source="go-grpc-middleware",
        counters=("grpc_server_handled_total",),
        histogram="grpc_server_handling_seconds",
        unit="s",
        labels="grpc_code",
        since="2.x",
        read_in="go-grpc-prometheus, README.md",
    ),
    Family(
        source="Istio",
        counters=("istio_requests_total",),
        histogram="istio_request_duration_milliseconds",
        unit="ms",
        labels="response_code, reporter, destination_workload",
        since="1.5 and later",
        read_in="Istio, Standard Metrics",
    ),
    Family(
        source="Linkerd",
        counters=("response_total", "request_total"),
        histogram="response_latency_ms",
        unit="ms",
        labels="classification, status_code, direction",
        since="2.x",
        read_in="linkerd2, viz/metrics-api (its queries)",
    ),
    Family(
        source="Envoy (downstream)",
        counters=("envoy_http_downstream_rq_xx", "envoy_http_downstream_rq_total"),
        histogram="envoy_http_downstream_rq_time",
        unit="ms",
        labels="envoy_response_code_class",
        since="1.30",
        read_in="envoy, http_conn_man/stats.rst",
    ),
    Family(
        source="Envoy (upstream)",
        counters=("envoy_cluster_upstream_rq", "envoy_cluster_upstream_rq_xx", "envoy_cluster_upstream_rq_total"),
        histogram="envoy_cluster_upstream_rq_time",
        unit="ms",
        labels="envoy_response_code, envoy_response_code_class",
        since="1.30",
        read_in="envoy, cluster_manager/cluster_stats.rst",
    ),
    Family(
        source="Traefik (service)",
        counters=("traefik_service_requests_total",),
        histogram="traefik_service_request_duration_seconds",
        unit="s",
        labels="code",
        since="2.x, 3.x",
        read_in="traefik, pkg/metrics/prometheus.go",
    ),
    Family(
        source="Traefik (router)",
        counters=("traefik_router_requests_total",),
        histogram="traefik_router_request_duration_seconds",
        unit="s",
        labels="code",
        since="2.8 and later",
        read_in="Traefik, Metrics overview",
    ),
    Family(
        source="Traefik (entry point)",
        counters=("traefik_entrypoint_requests_total",),
        histogram="traefik_entrypoint_request_duration_seconds",
        unit="s",
        labels="code",
        since="2.x, 3.x",
        read_in="traefik, pkg/metrics/prometheus.go",
    ),
    Family(
        source="ingress-nginx",
        counters=("nginx_ingress_controller_requests",),
        histogram="nginx_ingress_controller_request_duration_seconds",
        unit="s",
        labels="status, ingress, service",
        since="1.x",
        read_in='ingress-nginx, monitoring.md, whose "in milliseconds" is wrong: its buckets are seconds',
    ),
    Family(
        source="HAProxy (backend)",
        counters=("haproxy_backend_http_responses_total", "haproxy_backend_http_requests_total"),
        histogram="",
        unit="s",
        labels="code, proxy",
        since="2.x",
        read_in="haproxy, addons/promex/README",
    ),
    Family(
        source="HAProxy (frontend)",
        counters=("haproxy_frontend_http_responses_total", "haproxy_frontend_http_requests_total"),
        histogram="",
        unit="s",
        labels="code, proxy",
        since="2.x",
        read_in="haproxy, addons/promex/README",
    ),
    Family(
        source="HAProxy (server)",
        counters=("haproxy_server_http_responses_total",),
        histogram="",
        unit="s",
        labels="code, proxy, server",
        since="2.x",
        read_in="haproxy, addons/promex/README",
    ),
    Family(
        source="Kong",
        counters=("kong_http_requests_total",),
        histogram="kong_request_latency_ms",
        unit="ms",
        labels="code",
        since="3.x",
        read_in="kong 3, plugins/prometheus/exporter.lua",
    ),
    Family(
        source="Kong 2",
        counters=("kong_http_status",),
        histogram="kong_latency",
        unit="ms",
        labels="code, type",
        since="2.x",
        read_in="kong 2.8, plugins/prometheus/exporter.lua",
    ),
    Family(
        source="Caddy",
        counters=("caddy_http_request_duration_seconds_count",),
        histogram="caddy_http_request_duration_seconds",
        unit="s",
        labels="code, handler",
        since="2.x",
        read_in="caddy, modules/caddyhttp/metrics.go",
    ),
)
# What counts requests to monitoring and to the cluster's own parts: never the workload's.
ASIDE = (
    "prometheus_",
    "alertmanager_",
    "grafana_",
    "promhttp_",
    "kubelet_",
    "apiserver_",
    "rest_client_",
    "coredns_",
    "etcd_",
    "kube_",
    "workqueue_",
    "scheduler_",
    "go_",
    "process_",
    "scrape_",
    "container_",
    "kubeproxy_",
    "authentication_",
)
KUBERNETES = (
    "kube_deployment_{spec,status}_replicas*, kube_statefulset_*replicas*, kube_horizontalpodautoscaler_*, "
    "kube_pod_container_resource_{requests,limits}, kube_pod_owner, kube_replicaset_owner (kube-state-metrics) and "
    "container_cpu_usage_seconds_total (cAdvisor)"
)


def known_names() -> str:
    """Every counter that is known, in one line."""
    return ", ".join(counter for family in KNOWN for counter in family.counters)
