"""The relaying sides that are compared: those of others, the limit, and the list of all."""

import json
import pathlib
import secrets
import shutil
import signal

from . import proc
from .api import Api
from .children import Child, wait_until
from .sluice import Sluice, SluicePacked, SluicePackedTls, SluiceTls
from .stack import Stack
from .tools import Lines, free_port

NGINX_MODULES = pathlib.Path("/usr/lib/nginx/modules")


def find_nginx():
    return shutil.which("nginx") or "/usr/sbin/nginx"


class _Nginx(Stack):
    def __init__(self, work_dir):
        self._work_dir = work_dir

    @staticmethod
    def missing(_programs):
        there = pathlib.Path(find_nginx()).exists() and (NGINX_MODULES / "ngx_rtmp_module.so").exists()
        return None if there else "nginx or its RTMP module is missing. Run scripts/setup --tests."

    def start_nginx(self, push_urls):
        port = free_port()
        pushes = "".join(f"      push {url};\n" for url in push_urls)
        (self._work_dir / "nginx.conf").write_text(
            f"load_module {NGINX_MODULES}/ngx_rtmp_module.so;\n"
            "daemon off;\nworker_processes 1;\n"
            f"pid {self._work_dir}/nginx.pid;\nerror_log {self._work_dir}/nginx-error.log notice;\n"
            "events { worker_connections 1024; }\n"
            "rtmp {\n  server {\n"
            f"    listen 127.0.0.1:{port};\n    chunk_size 4096;\n"
            f"    application live {{\n      live on;\n{pushes}    }}\n  }}\n}}\n",
            encoding="utf-8",
        )
        self._nginx = Child(
            "nginx", [find_nginx(), "-p", self._work_dir, "-c", self._work_dir / "nginx.conf"], self._work_dir
        )
        self.url = f"rtmp://127.0.0.1:{port}/live"
        wait_until(lambda: self._nginx.check() or proc.descendants(self._nginx.pid), 5, "nginx starting")

    def nginx_pids(self):
        return [self._nginx.pid, *proc.descendants(self._nginx.pid)]

    def end(self):
        self._nginx.end()


class NginxPlatform(_Nginx):
    """A platform as many set one up at home; nothing is measured of it."""


class NginxPush(_Nginx):
    """nginx-rtmp's own push: all streams in one process, fixed in its configuration."""

    title = "nginx-rtmp push"

    def __init__(self, _programs, work_dir):
        super().__init__(work_dir)

    def start(self, count, sink):
        self.send_to(sink.server(), count)

    def send_to(self, server, count):
        self.start_nginx([f"{server}/k{number}" for number in range(1, count + 1)])

    def groups(self):
        return {"nginx": self.nginx_pids()}


class NginxFfmpeg(_Nginx):
    """nginx-rtmp and one `ffmpeg -c copy` per stream, with the command line that people use."""

    title = "nginx-rtmp + ffmpeg"
    relay_role = "relays"
    # What many ffmpegs have to catch up with after probing must not be in the window.
    settle_seconds_per_stream = 0.1

    def __init__(self, _programs, work_dir):
        super().__init__(work_dir)
        self._ffmpegs = []

    def start(self, count, sink):
        self.send_to(sink.server(), count)

    def send_to(self, server, count):
        self._server = server
        self.start_nginx([])
        self._ffmpegs = [self.spawn_relay(f"k{number}") for number in range(1, count + 1)]

    def spawn_relay(self, key):
        return Child(
            f"ffmpeg-{key}",
            ["ffmpeg", "-i", self.url, "-c", "copy", "-f", "flv", "-fflags", "nobuffer", "-flags", "low_delay"]
            + ["-avioflags", "direct", "-rtmp_live", "live", "-metadata", "comment=STREAM_ID:1"]
            + [f"{self._server}/{key}"],
            self._work_dir,
        )

    def groups(self):
        for child in self._ffmpegs:
            child.check()
        return {"nginx": self.nginx_pids(), "relays": [child.pid for child in self._ffmpegs]}

    def end(self):
        # One whose source has ended does not hear SIGTERM.
        for child in self._ffmpegs:
            child.end(signal.SIGKILL)
        super().end()


class _Stunnel:
    """Plain RTMP in, RTMPS to the sink out, its certificate verified: what people put behind what speaks no TLS."""

    def __init__(self, work_dir, sink):
        port = free_port()
        configuration = work_dir / "stunnel.conf"
        configuration.write_text(
            "foreground = yes\npid =\ndebug = err\n"
            f"[platform]\nclient = yes\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:{sink.port}\n"
            f"CAfile = {sink.certificate.path}\nverifyChain = yes\ncheckIP = 127.0.0.1\n"
            "socket = l:TCP_NODELAY=1\nsocket = r:TCP_NODELAY=1\n",
            encoding="utf-8",
        )
        self._child = Child("stunnel", ["stunnel4", configuration], work_dir)
        self.server = f"rtmp://127.0.0.1:{port}/out"
        # Connecting to it would make a connection to the sink.
        wait_until(lambda: self._child.check() or proc.listens(port), 5, "stunnel listening")

    @staticmethod
    def missing():
        return None if shutil.which("stunnel4") else "stunnel4 is missing. Run scripts/setup --tests."

    @property
    def pid(self):
        return self._child.pid

    def end(self):
        self._child.end()


class _ThroughStunnel:
    """Before a stack that send_to() takes another server than the sink."""

    tls = True

    @classmethod
    def missing(cls, programs):
        return super().missing(programs) or _Stunnel.missing()

    def start(self, count, sink):
        self._stunnel = _Stunnel(self._work_dir, sink)
        self.send_to(self._stunnel.server, count)

    def groups(self):
        return {**super().groups(), "stunnel": [self._stunnel.pid]}

    def end(self):
        super().end()
        self._stunnel.end()


class NginxPushTls(_ThroughStunnel, NginxPush):
    title = "nginx-rtmp push + stunnel"


class NginxFfmpegTls(_ThroughStunnel, NginxFfmpeg):
    title = "nginx-rtmp + ffmpeg + stunnel"


class NodeMediaServer(Stack):
    """Its push tasks, made over its API once there is a show: made before, they carry no video in some runs."""

    title = "node-media-server push"
    publish_key = "show"  # it takes no empty one

    def __init__(self, programs, work_dir):
        self._app = self._find(programs)
        self._work_dir = work_dir

    @staticmethod
    def _find(programs):
        # Where scripts/bench installs it.
        return programs.parents[1] / "bench/node-media-server/node_modules/node-media-server/bin/app.js"

    @staticmethod
    def missing(programs):
        if not shutil.which("node"):
            return "node is missing. Run scripts/setup."
        return None if NodeMediaServer._find(programs).exists() else "it is not installed. Run scripts/bench."

    def start(self, count, sink):
        self._count, self._sink = count, sink
        rtmp_port, http_port = free_port(), free_port()
        password = secrets.token_hex(16)
        users = [{"username": "admin", "password": password, "role": "admin"}]
        configuration = {
            "bind": "127.0.0.1", "store": {"path": "./data"},
            "rtmp": {"port": rtmp_port}, "http": {"port": http_port},
            "auth": {"play": False, "publish": False, "secret": secrets.token_hex(16),
                     "jwt": {"secret": secrets.token_hex(32), "expiresIn": "24h", "refreshExpiresIn": "7d",
                             "algorithm": "HS256", "users": users}},
        }  # fmt: skip
        path = self._work_dir / "node-media-server.json"
        path.write_text(json.dumps(configuration), encoding="utf-8")
        self._child = Child("node-media-server", ["node", self._app, "--config", path], self._work_dir)
        self._api = Api(http_port)
        self._api.headers["Connection"] = "close"  # Node closes one that was idle for 5 s
        for port in (rtmp_port, http_port):
            what = f"node-media-server listening on {port}"
            wait_until(lambda port=port: self._child.check() or proc.listens(port), 15, what)
        answer = self._api.call("POST", "/api/v1/login", {"username": "admin", "password": password})
        self._api.headers["Authorization"] = f"Bearer {answer['data']['token']}"
        self.url = f"rtmp://127.0.0.1:{rtmp_port}/live"

    def show_began(self):
        for number in range(1, self._count + 1):
            self.switch_on(f"k{number}")

    def _target(self, key):
        return f"{self._sink.server()}/{key}"

    def switch_on(self, key):
        task = {"mode": "push", "url": self._target(key), "streamPath": f"/live/{self.publish_key}"}
        self._api.call("POST", "/api/v1/relay", task)

    def switch_off(self, key):
        self._api.call("DELETE", "/api/v1/relay", {"mode": "push", "url": self._target(key)})

    def groups(self):
        self._child.check()
        return {"node": [self._child.pid, *proc.descendants(self._child.pid)]}

    def end(self):
        self._child.end()


class Limit(Stack):
    """No relay: one thread that writes the same chunks to N sockets. What is above it is what a relay does."""

    title = "bare limit"
    options = ()

    def __init__(self, programs, work_dir):
        self._programs = programs
        self._work_dir = work_dir

    def start(self, count, sink):
        argv = [self._programs / "bench_limit", "--receiver", str(sink.port), "--count", str(count), *self.options]
        if sink.certificate:
            argv += ["--tls-ca", sink.certificate.path]
        self._child = Child("bench_limit", argv, self._work_dir, pipes=True)
        port = Lines(self._child).wait_for("listening", 30)["port"]
        self.url = f"rtmp://127.0.0.1:{port}/live"

    def groups(self):
        self._child.check()
        return {"writer": [self._child.pid]}

    def end(self):
        self._child.end()


class LimitTls(Limit):
    title = "bare limit, RTMPS"
    tls = True


class LimitProcesses(Limit):
    """The same with a process for each socket, woken once for each picture. What is above it is what Sluice's relay does,
    and that it is woken for sound that would otherwise come late."""

    title = "bare limit, processes"
    relay_role = "relays"
    options = ("--processes",)

    def groups(self):
        return super().groups() | {"relays": sorted(proc.descendants(self._child.pid))}


class LimitProcessesTls(LimitProcesses):
    title = "bare limit, processes, RTMPS"
    tls = True


# By the names that --stack takes, in the order in which they run.
STACKS = {
    "sluice": Sluice,
    "packed": SluicePacked,
    "ffmpeg": NginxFfmpeg,
    "push": NginxPush,
    "nms": NodeMediaServer,
    "limit": Limit,
    "limit-processes": LimitProcesses,
    "sluice-tls": SluiceTls,
    "packed-tls": SluicePackedTls,
    "ffmpeg-tls": NginxFfmpegTls,
    "push-tls": NginxPushTls,
    "limit-tls": LimitTls,
    "limit-processes-tls": LimitProcessesTls,
}
