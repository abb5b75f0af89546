"""A network namespace of a test's own, joined by a cable that can be pulled. Needs root and iproute2."""

import itertools
import os
import subprocess

from processes import machine_refuses

_numbers = itertools.count()


def _ip(*arguments):
    return subprocess.run(["ip", *arguments], capture_output=True, text=True, timeout=10)


class Namespace:
    """`address` is inside, `outer_address` our end of the cable; programs started with `prefix` before their arguments run there."""

    def __init__(self, cleanup):
        number = next(_numbers)
        self.name = f"sluice-{os.getpid()}-{number}"
        # At most 15 characters; both ends are made here and one is moved.
        self._outer, self._inner = f"slo{os.getpid()}n{number}", f"sli{os.getpid()}n{number}"
        # A /30 of 198.18.0.0/15, which nobody uses (RFC 2544), by our process id.
        block = (os.getpid() * 4 + number) % 2**15
        network = (198 << 24 | 18 << 16) + block * 4
        here, there = (".".join(str((network + n) >> shift & 255) for shift in (24, 16, 8, 0)) for n in (1, 2))
        self.address, self.outer_address = there, here
        try:
            made = _ip("netns", "add", self.name)
        except FileNotFoundError:
            machine_refuses("make a network namespace without iproute2")
        if made.returncode != 0:
            machine_refuses(f"make a network namespace ({made.stderr.strip()})")
        cleanup.add(self._remove)
        self._run("link", "add", self._outer, "type", "veth", "peer", "name", self._inner)
        self._run("link", "set", self._inner, "netns", self.name)
        self._run("addr", "add", f"{here}/30", "dev", self._outer)
        self._inside("addr", "add", f"{there}/30", "dev", self._inner)
        self._inside("link", "set", "lo", "up")
        self._inside("link", "set", self._inner, "up")
        self._run("link", "set", self._outer, "up")

    @property
    def prefix(self):
        return ["ip", "netns", "exec", self.name]

    def pull_the_cable(self):
        """At the far end: here the route stays, and what is sent is lost without a word."""
        self._inside("link", "set", self._inner, "down")

    def plug_it_in(self):
        self._inside("link", "set", self._inner, "up")

    @staticmethod
    def _run(*arguments):
        done = _ip(*arguments)
        assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"

    def _inside(self, *arguments):
        self._run("-n", self.name, *arguments)

    def _remove(self):
        _ip("link", "del", self._outer)  # takes its peer along
        self._run("netns", "del", self.name)
