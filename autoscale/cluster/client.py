"""One connection to one cluster: raw JSON over the Kubernetes client's own configuration, credentials and TLS."""

import contextlib
import ipaddress
import json
import ssl
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import urllib3
from kubernetes import client as kubernetes_client
from kubernetes.config import load_kube_config_from_dict

from autoscale.base.errors import ClusterError, InputError
from autoscale.cluster import tls
from autoscale.cluster.answers import Answer, Stream
from autoscale.cluster.failures import parse_status, refused, unreachable
from autoscale.cluster.kubeconfig import (
    Context,
    alone,
    choose,
    is_token,
    kubeconfig_path,
    plugin_of,
    read,
    read_token,
    token_file,
)
from autoscale.cluster.quiet import hush

CONNECT_S = 5.0
READ_S = 30.0
TOKEN_S = 60.0
# Watches, log streams and requests share the pool; beyond it connections are made anew each time.
POOL = 64

Query = Mapping[str, str | int | float | bool | None]


class Cluster:
    """One context of a kubeconfig, pinned when it was opened. Safe to use from several threads.

    Attributes: ``context`` (name, server, CA hash, default namespace), ``server`` (URL).
    Every method raises ``Refused`` for an error ``Status`` and ``Unreachable`` when there is no answer.
    """

    def __init__(
        self, context: Context, configuration: Any, token_file: str | None = None, trust: ssl.SSLContext | None = None
    ) -> None:
        """``token_file``: where the token is renewed by somebody else; it is read again now and then.

        ``trust``: certificates and keys, where the configuration's files of them will not stay.
        """
        self.context = context
        self.server: str = str(configuration.host).rstrip("/")
        self._place = self.server + _through(getattr(configuration, "proxy", None))
        self._configuration = configuration
        self._credentials = threading.Lock()
        self._token_file = token_file
        self._token_read = time.monotonic()
        self._client = kubernetes_client.ApiClient(configuration=configuration)
        self._pool: urllib3.PoolManager = self._client.rest_client.pool_manager
        if trust is not None:
            tls.use(trust, self._pool)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every idle connection."""
        self._pool.clear()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        read_s: float = READ_S,
    ) -> Answer:
        """One request, any status. Raises Unreachable."""
        response = self._send(method, path, query, body, headers, read_s)
        try:
            data = response.read()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise unreachable(self._place, error) from error
        finally:
            response.release_conn()
        return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, data)

    def send(
        self,
        method: str,
        path: str,
        obj: Any = None,
        *,
        query: Query | None = None,
        content_type: str = "application/json",
        read_s: float = READ_S,
    ) -> tuple[dict[str, Any], list[str]]:
        """One request with a JSON object; returns the answered object and the server's warnings."""
        body = None if obj is None else json.dumps(obj).encode()
        headers = {} if body is None else {"content-type": content_type}
        answer = self.call(method, path, query=query, body=body, headers=headers, read_s=read_s)
        if answer.status >= 400:
            raise refused(method, path, answer.status, parse_status(answer.body))
        try:
            found = answer.json()
        except ValueError as error:
            raise ClusterError(
                f"{self.server} answered {method} {path}, but not as an API server: HTTP {answer.status}, "
                f"{answer.headers.get('content-type', 'of no type')}",
                fix="does the context's server address lead to the API server, or to a login page in front of it?",
            ) from error
        return found, _warnings(answer.headers.get("warning", ""))

    def get(self, path: str, **query: str | int | float | bool | None) -> dict[str, Any]:
        """One object or list."""
        return self.send("GET", path, query=query)[0]

    def list(self, path: str, **query: str | int | float | bool | None) -> dict[str, Any]:
        """A whole list, fetched in pages of 500: ``{"metadata": {"resourceVersion"}, "items": [...]}``."""
        page = self.get(path, limit=500, **query)
        items = list(page.get("items") or [])
        while token := page.get("metadata", {}).get("continue"):
            page = self.send("GET", path, query={**query, "limit": 500, "continue": token})[0]
            items += page.get("items") or []
        return {**page, "items": items}

    def stream(self, path: str, *, query: Query | None = None, read_s: float = READ_S) -> Stream:
        """Open a GET whose answer is read as it comes; ``read_s`` is the longest silence."""
        response = self._send("GET", path, query, None, None, read_s)
        if response.status >= 400:
            body = response.read()
            response.release_conn()
            raise refused("GET", path, response.status, parse_status(body))
        return Stream(response, self.server)

    def _send(
        self,
        method: str,
        path: str,
        query: Query | None,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        read_s: float,
    ) -> urllib3.BaseHTTPResponse:
        """Send one request without reading the answer's body; no retry inside."""
        wanted = {name: _text(value) for name, value in (query or {}).items() if value is not None}
        url = self.server + path + (f"?{urlencode(wanted)}" if wanted else "")
        try:
            return self._pool.request(
                method,
                url,
                body=body,
                headers={"accept": "application/json", "user-agent": "autoscale", **(headers or {}), **self._token()},
                timeout=urllib3.Timeout(connect=CONNECT_S, read=read_s),
                retries=False,
                preload_content=False,
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise unreachable(self._place, error) from error

    def _token(self) -> dict[str, str]:
        """The authorization header, renewed by the client library when it has expired, or from its file."""
        with self._credentials:
            self._reread_token()
            setting = self._configuration.auth_settings().get("BearerToken")
        value = str(setting["value"]) if setting and setting["value"] else ""
        if value and not is_token(value.partition(" ")[2]):
            fix = "log in again, or see what its token file or plugin gives"
            raise InputError(f"the token of context {self.context.name} is not one line of visible characters", fix=fix)
        return {"authorization": value} if value else {}

    def _reread_token(self) -> None:
        """Tokens in files are renewed by others (client-go reads them again each minute); the last good one counts."""
        if self._token_file is None or time.monotonic() - self._token_read < TOKEN_S:
            return
        self._token_read = time.monotonic()
        with contextlib.suppress(OSError, ValueError):
            token = read_token(self._token_file)
            if is_token(token):
                self._configuration.api_key["BearerToken"] = f"Bearer {token}"


def connect(context: str, kubeconfig: Path | str | None = None) -> Cluster:
    """Open a context by name, never the current one by default.

    ``kubeconfig``: a path (several joined as in $KUBECONFIG), None for $KUBECONFIG or ~/.kube/config.
    InputError when there is no such file or context, or its credentials cannot be loaded.
    """
    config = read(kubeconfig_path(kubeconfig), context)
    found = choose(config, context)
    configuration = kubernetes_client.Configuration()
    if _loopback(found.server):
        configuration.proxy = None  # as kubectl: no proxy of the environment between a machine and itself
    try:
        hush()
        with tempfile.TemporaryDirectory(prefix="autoscale-") as folder:
            files = tls.in_files(alone(config, found), Path(folder))
            load_kube_config_from_dict(files, context, configuration, persist_config=False)  # type: ignore[no-untyped-call]
            trust = tls.context_of(configuration)
    except Exception as error:  # the library raises what Python does; its words may hold what stands in the file
        what = f"the context {context} of {config.path} cannot be used: {type(error).__name__} in its user or cluster"
        raise InputError(what, fix="compare it with what `kubectl --context` makes of it") from None
    plugin = plugin_of(config, found)
    if plugin and not configuration.api_key and not configuration.cert_file:
        # The library logs that and goes on without (findings/kubernetes-client-exec-plugin-fails-quietly.sh).
        fix = "run it yourself to see why, or log in again"
        raise InputError(f"the plugin {plugin} of context {context} gave no credentials", fix=fix)
    configuration.connection_pool_maxsize = POOL
    return Cluster(found, configuration, token_file(config, found), trust)


def _through(proxy: str | None) -> str:
    """By which proxy a server is asked, in words; its user and password are nobody's business."""
    place = urlsplit(str(proxy or ""))
    port = f":{place.port}" if place.port else ""
    return f", asked through the proxy {place.scheme}://{place.hostname}{port}," if place.hostname else ""


def _loopback(url: str) -> bool:
    """Whether a URL points to this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _text(value: str | int | float | bool) -> str:
    """A query value as the API reads it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _warnings(header: str) -> list[str]:
    """The texts of ``Warning`` headers (several are joined by commas): ``299 - "text"``."""
    return [part.rsplit('"', 1)[0].replace('\\"', '"') for part in header.split('299 - "')[1:]]
