"""nginx-rtmp: as a platform that records, and as somebody's relay that pushes to us."""

import flv
from processes import Process, accepts_connections, free_port, wait_until


class Nginx:
    def __init__(self, directory, cleanup, *, push=None):
        directory.mkdir(parents=True)
        self.records = directory / "records"
        self.records.mkdir()
        self.records.chmod(0o777)  # the worker is another user when started by root
        self.port = free_port()
        what = f"push {push};" if push else f"record all; record_path {self.records}; record_unique on;"
        configuration = directory / "nginx.conf"
        configuration.write_text(
            f"""
            load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
            daemon off; master_process off; worker_processes 1;
            pid {directory}/nginx.pid; error_log {directory}/nginx.log info;
            events {{ worker_connections 64; }}
            rtmp {{ server {{ listen 127.0.0.1:{self.port}; chunk_size 4096;
              application live {{ live on; {what} }} }} }}
            """
        )
        self.process = Process(["nginx", "-e", "stderr", "-c", configuration, "-p", directory], directory / "out.log")
        cleanup.add(self.process.stop)
        wait_until(lambda: accepts_connections(self.port) or not self.process.running(), "nginx is ready")
        assert self.process.running(), self.process.log()

    @property
    def url(self):
        return f"rtmp://127.0.0.1:{self.port}/live"

    def files(self):
        """The recordings, oldest first."""
        return sorted(self.records.glob("*.flv"), key=lambda path: path.stat().st_mtime)

    def recordings(self):
        """The packets of each."""
        return [flv.read(path) for path in self.files()]
