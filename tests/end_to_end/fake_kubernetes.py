# SPDX-License-Identifier: Apache-2.0
"""An API server as the Kubernetes API concepts describe one, as far as a reader sees it:
lists in pages, watches from a version in chunks, bookmarks, ERROR events, 401, 403 and 410.

It serves HTTP or HTTPS from threads of its own, can be killed and comes back at the same
port, and can be told to misbehave. It knows nothing of its client.
"""

import contextlib
import http.server
import json
import re
import socket
import ssl
import threading
import urllib.parse

KINDS = {"pods": "Pod", "services": "Service", "nodes": "Node",
         "endpointslices": "EndpointSlice"}
PAGE_OBJECTS = 3
TICK_S = 0.05


def pod(name, ip, service_label, namespace="shop", node="n1", **status):
    return {"metadata": {"name": name, "namespace": namespace, "labels": {"app": service_label}},
            "spec": {"nodeName": node},
            "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}],
                       "hostIP": "192.168.7.1", **status}}


def service(name, ip, selector, namespace="shop"):
    return {"metadata": {"name": name, "namespace": namespace},
            "spec": {"clusterIP": ip, "clusterIPs": [ip], "selector": {"app": selector}}}


def node(name, ip):
    return {"metadata": {"name": name},
            "status": {"addresses": [{"type": "InternalIP", "address": ip}]}}


def endpoint_slice(service_name, pods, namespace="shop"):
    return {"metadata": {"name": f"{service_name}-x", "namespace": namespace,
                         "labels": {"kubernetes.io/service-name": service_name}},
            "endpoints": [{"addresses": [], "targetRef": {"kind": "Pod", "name": name}}
                          for name in pods]}


class FakeKubernetes:
    """The objects, what happened to them, and how the server behaves."""

    def __init__(self, certificate=None, client_ca=None):
        self.lock = threading.Condition()
        self.objects = {resource: {} for resource in KINDS}
        self.history = {resource: [] for resource in KINDS}  # (version, event)
        self.version = 100
        self.oldest = 0  # a watch from before it is 410
        self.token = None
        self.forbidden = set()  # (resource)
        self.next_bodies = {}  # resource: bytes that its next watch says, then it breaks off
        self.status_once = {}  # resource: status of its next answer
        self.gone_by_event = False
        self.requests = []  # (resource, is_watch, query)
        self.certificate, self.client_ca = certificate, client_ca
        self.port = 0
        self.server = None

    # What happens in the cluster.
    def put(self, resource, thing, quiet=False):
        with self.lock:
            self.version += 1
            thing["metadata"]["resourceVersion"] = str(self.version)
            key = (thing["metadata"].get("namespace"), thing["metadata"]["name"])
            kind = "MODIFIED" if key in self.objects[resource] else "ADDED"
            self.objects[resource][key] = thing
            self._say(resource, kind, thing, quiet)

    def delete(self, resource, name, namespace="shop"):
        with self.lock:
            self.version += 1
            thing = self.objects[resource].pop((namespace if resource != "nodes" else None, name))
            self._say(resource, "DELETED", thing, False)

    def bookmark(self):
        with self.lock:
            self.version += 1
            for resource in KINDS:
                self._say(resource, "BOOKMARK",
                          {"metadata": {"resourceVersion": str(self.version)}}, False)

    def forget(self):
        """What happened so far cannot be watched any more."""
        with self.lock:
            self.oldest = self.version
            for history in self.history.values():
                history.clear()
            self.lock.notify_all()

    def _say(self, resource, kind, thing, quiet):
        if not quiet:
            body = dict(thing, kind=KINDS[resource], apiVersion="v1")
            self.history[resource].append((self.version, {"type": kind, "object": body}))
        self.lock.notify_all()

    # How it is reached.
    def start(self):
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802
                with contextlib.suppress(OSError, ssl.SSLError):
                    fake.answer(self)
                self.close_connection = True

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_):
                pass

        self.is_up = True
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_port
        self.connections = []
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.certificate)
            if self.client_ca:
                context.load_verify_locations(self.client_ca)
                context.verify_mode = ssl.CERT_REQUIRED
            # The handshake is each connection's own thread's.
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, args=(TICK_S,), daemon=True).start()
        return self

    def kill(self):
        """Every connection is cut, and nobody listens."""
        self.is_up = False
        self.server.shutdown()
        self.server.server_close()
        self.cut()

    def cut(self):
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.connections.clear()

    def watch_count(self, resource):
        with self.lock:
            return sum(1 for name, is_watch, _ in self.requests if name == resource and is_watch)

    def list_count(self, resource):
        with self.lock:
            return sum(1 for name, is_watch, _ in self.requests
                       if name == resource and not is_watch)

    # What it says.
    def answer(self, handler):
        self.connections.append(handler.connection)
        url = urllib.parse.urlsplit(handler.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        path = re.fullmatch(r"/(?:api/v1|apis/discovery\.k8s\.io/v1)(?:/namespaces/([^/]+))?/(\w+)",
                            url.path)
        namespace, resource = path.groups()
        with self.lock:
            self.requests.append((resource, "watch" in query, query))
            status = self.status_once.pop(resource, None)
            if self.token and handler.headers.get("Authorization") != f"Bearer {self.token}":
                status = 401
            elif resource in self.forbidden:
                status = 403
        if status:
            self.refuse(handler, status)
        elif "watch" in query:
            self.watch(handler, resource, namespace, int(query["resourceVersion"]))
        else:
            self.list(handler, resource, namespace, query.get("continue"))

    @staticmethod
    def refuse(handler, status, message="as the test wants it"):
        body = json.dumps({"kind": "Status", "code": status, "message": message}).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def list(self, handler, resource, namespace, token):
        with self.lock:
            things = [thing for (where, _), thing in sorted(self.objects[resource].items(), key=str)
                      if namespace in (None, where)]
            begin = int(token or 0)
            metadata = {"resourceVersion": str(self.version)}
            if begin + PAGE_OBJECTS < len(things):
                metadata["continue"] = str(begin + PAGE_OBJECTS)
            body = json.dumps({"kind": KINDS[resource] + "List", "metadata": metadata,
                               "items": things[begin:begin + PAGE_OBJECTS]}).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def watch(self, handler, resource, namespace, version):
        if version < self.oldest and not self.gone_by_event:
            self.refuse(handler, 410, "too old resource version")
            return
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()

        def say(body):
            # In two chunks: an event has no right to one of its own.
            for part in (body[:len(body) // 2], body[len(body) // 2:]):
                if part:
                    handler.wfile.write(b"%x\r\n" % len(part) + part + b"\r\n")
            handler.wfile.flush()

        handler.wfile.flush()
        while self.is_up:
            with self.lock:
                wrong = self.next_bodies.pop(resource, None)
                if version < self.oldest:
                    wrong = json.dumps({"type": "ERROR", "object": {
                        "kind": "Status", "code": 410, "message": "too old resource version"}}
                    ).encode()
                news = [(at, event) for at, event in self.history[resource] if at > version]
                if not news and wrong is None:
                    self.lock.wait(TICK_S)
            if wrong is not None:
                say(wrong)
                return  # without the last chunk: it breaks off
            for at, event in news:
                version = at
                where = event["object"]["metadata"].get("namespace")
                if event["type"] == "BOOKMARK" or namespace in (None, where):
                    say(json.dumps(event).encode() + b"\n")
