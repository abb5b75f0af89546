"""Certificates made by openssl at test time, and stunnel with one of them in front of a platform."""

import subprocess

from processes import Process, accepts_connections, free_port, wait_until


def _openssl(directory, *arguments):
    subprocess.run(["openssl", *map(str, arguments)], cwd=directory, check=True, capture_output=True, timeout=30)


class Authority:
    """A private CA. certificate() returns the path of a PEM file with key and chain."""

    def __init__(self, directory):
        directory.mkdir(parents=True)
        self.directory = directory
        _openssl(
            directory, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 30,
            "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test authority",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        )
        (directory / "index").write_text("")
        (directory / "ca.cnf").write_text(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=index\nnew_certs_dir=.\nserial=serial\ndefault_md=sha256\n"
            "policy=p\ncopy_extensions=copy\nunique_subject=no\nrand_serial=yes\n[p]\ncommonName=supplied\n"
        )

    @property
    def pem(self):
        return (self.directory / "ca.pem").read_text()

    def certificate(self, name, host, *, start=None, end=None):
        """For `host` (an IP address or a DNS name); `start` and `end` as YYYYMMDDHHMMSSZ."""
        kind = "IP" if host.replace(".", "").isdigit() else "DNS"
        _openssl(
            self.directory, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}",
            "-addext", f"subjectAltName={kind}:{host}",
        )
        dates = ["-startdate", start, "-enddate", end] if start else ["-days", 20]
        _openssl(
            self.directory, "ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key",
            "-in", f"{name}.csr", "-out", f"{name}.crt", *dates,
        )
        return self._bundle(name)

    def self_signed(self, name, host):
        kind = "IP" if host.replace(".", "").isdigit() else "DNS"
        _openssl(
            self.directory, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", 20, "-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj", f"/CN={host}",
            "-addext", f"subjectAltName={kind}:{host}",
        )
        return self._bundle(name)

    def _bundle(self, name):
        bundle = self.directory / f"{name}.pem"
        bundle.write_text(
            (self.directory / f"{name}.key").read_text() + (self.directory / f"{name}.crt").read_text()
        )
        bundle.chmod(0o600)
        return bundle


class Stunnel:
    """TLS on a port of its own, plain TCP to `target_port` behind it. `options` are more lines of its configuration;
    `named` maps host names to certificates for callers that ask for one (SNI)."""

    def __init__(self, directory, cleanup, certificate, target_port, *, options="", named=()):
        directory.mkdir(parents=True)
        self.port = free_port()
        configuration = directory / "stunnel.conf"
        configuration.write_text(
            f"foreground = yes\npid =\n[rtmps]\naccept = 127.0.0.1:{self.port}\n"
            f"connect = 127.0.0.1:{target_port}\ncert = {certificate}\n"
            f"socket = l:TCP_NODELAY=1\nsocket = r:TCP_NODELAY=1\n{options}\n"
            + "".join(
                f"[{name}]\nsni = rtmps:{name}\nconnect = 127.0.0.1:{target_port}\ncert = {its_certificate}\n"
                for name, its_certificate in dict(named).items()
            )
        )
        self.process = Process(["stunnel4", configuration], directory / "stunnel.log")
        cleanup.add(self.process.stop)
        wait_until(lambda: accepts_connections(self.port) or not self.process.running(), "stunnel is ready")
        assert self.process.running(), self.process.log()

    @property
    def url(self):
        return f"rtmps://127.0.0.1:{self.port}/live"
