"""A person at a browser, over plain HTTP(S): cookies, forms, the pages' JSON models.

Drives the public interface only.  Pages are asked for with `Accept: application/json`;
the model carries what a page shows, the CSRF token among it.
"""
import http.client
import json
import mimetypes
import ssl
import urllib.parse
import uuid


class Refused(Exception):
    """The site answered with an error; .status, .model (its JSON) tell which."""

    def __init__(self, method, path, status, model):
        self.status, self.model = status, model
        text = model.get("error", {}).get("text") if isinstance(model.get("error"), dict) \
            else None
        errors = "; ".join(f"{e.get('field')}: {e.get('text')}"
                           for e in model.get("errors", []))
        super().__init__(f"{method} {path}: {status} {text or errors or model}")

    def field(self, name):
        """The sentence beside a field, or None."""
        for e in self.model.get("errors", []):
            if e.get("field") == name:
                return e.get("text")
        return None


class Browser:
    source = None       # (address, port) to come from; None: the usual

    def __init__(self, url, agent="Mozilla/5.0 (walk)"):
        parts = urllib.parse.urlsplit(url)
        self.url, self.host, self.port = url, parts.hostname, parts.port
        self.secure = parts.scheme == "https"
        self.agent, self.cookies, self.connection = agent, {}, None
        self.csrf = ""

    # -- one exchange -----------------------------------------------------------------
    def connect(self):
        if self.connection is None:
            if self.secure:
                self.connection = http.client.HTTPSConnection(
                    self.host, self.port, timeout=60, source_address=self.source,
                    context=ssl._create_unverified_context())
            else:
                self.connection = http.client.HTTPConnection(self.host, self.port,
                                                             timeout=60)
        return self.connection

    def exchange(self, method, path, body=None, headers=None):
        """Status, headers and bytes; one repeat when a kept connection was closed."""
        send = {"User-Agent": self.agent, "Accept": "application/json", **(headers or {})}
        if self.cookies:
            send["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        for again in (method in ("GET", "HEAD"), False):
            try:
                c = self.connect()
                c.request(method, path, body, send)
                r = c.getresponse()
                data = r.read()
                break
            except (http.client.HTTPException, ConnectionError, BrokenPipeError):
                self.connection = None
                if not again:
                    raise
        for value in r.headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            content = rest.split(";", 1)[0]
            if "max-age=0" in rest.lower() or content == "":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = content
        return r.status, r.headers, data

    @staticmethod
    def model_of(data):
        try:
            model = json.loads(data)
            return model if isinstance(model, dict) else {"value": model}
        except ValueError:
            return {"text": data[:300].decode("utf-8", "replace")}

    # -- pages ------------------------------------------------------------------------
    def get(self, path):
        """The model of a page."""
        status, _, data = self.exchange("GET", path)
        model = self.model_of(data)
        if status != 200:
            raise Refused("GET", path, status, model)
        self.csrf = model.get("csrf", self.csrf)
        return model

    def get_raw(self, path, accept="*/*"):
        status, headers, data = self.exchange("GET", path, headers={"Accept": accept})
        if status != 200:
            raise Refused("GET", path, status, self.model_of(data))
        return headers, data

    def post(self, path, fields=None):
        """Send a form; the answer's model ({"ok", "next", …})."""
        body = urllib.parse.urlencode({"csrf": self.csrf, **(fields or {})})
        status, _, data = self.exchange(
            "POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        model = self.model_of(data)
        if status not in (200, 201, 204):
            raise Refused("POST", path, status, model)
        self.csrf = model.get("csrf", self.csrf)
        return model

    def upload(self, path, fields, files):
        """multipart/form-data; files: {field: (file name, bytes)}."""
        mark = uuid.uuid4().hex
        out = []
        for name, value in {"csrf": self.csrf, **fields}.items():
            out.append(f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
                       f"{value}\r\n".encode())
        for name, (filename, data) in files.items():
            kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
            out.append(f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; '
                       f'filename="{filename}"\r\nContent-Type: {kind}\r\n\r\n'.encode()
                       + data + b"\r\n")
        out.append(f"--{mark}--\r\n".encode())
        status, _, data = self.exchange(
            "POST", path, b"".join(out),
            {"Content-Type": f"multipart/form-data; boundary={mark}"})
        model = self.model_of(data)
        if status not in (200, 201, 204):
            raise Refused("POST", path, status, model)
        return model


class Service:
    """JSON over plain HTTP: the sandbox's controls, the assistant."""

    def __init__(self, url, headers=None):
        self.browser = Browser(url)
        self.headers = headers or {}

    def get(self, path):
        status, _, data = self.browser.exchange("GET", path, headers=self.headers)
        return self.check("GET", path, status, data)

    def post(self, path, value):
        status, _, data = self.browser.exchange(
            "POST", path, json.dumps(value).encode(),
            {"Content-Type": "application/json", **self.headers})
        return self.check("POST", path, status, data)

    def check(self, method, path, status, data):
        self.browser.connection.close()     # these programs come and go
        self.browser.connection = None
        try:
            model = json.loads(data) if data else {}
        except ValueError:
            model = {"text": data[:300].decode("utf-8", "replace")}
        if status >= 400:
            raise Refused(method, path, status,
                          model if isinstance(model, dict) else {"value": model})
        return model
