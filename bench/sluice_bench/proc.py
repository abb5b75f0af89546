"""What the kernel says about processes: CPU time, memory, parentage. Linux."""

import os
import re
import time

RING_MAPPING = re.compile(r"/memfd:sluice[^ ]*ring")


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""


def cpu_ns(pid):
    """On-CPU time of all threads (schedstat: exact, where utime and stime count in ticks of 10 ms)."""
    total = 0
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except FileNotFoundError:
        return 0
    for thread in threads:
        fields = _read(f"/proc/{pid}/task/{thread}/schedstat").split()
        total += int(fields[0]) if fields else 0
    return total


def memory_kib(pid):
    """{"pss", "uss", "ring_pss"}: pss and uss without mappings of the shared ring, which stands apart."""
    kib = {"pss": 0, "uss": 0, "ring_pss": 0}
    in_ring = False
    for line in _read(f"/proc/{pid}/smaps").splitlines():
        name, _, rest = line.partition(":")
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            in_ring = bool(RING_MAPPING.search(line))
        elif name == "Pss":
            kib["ring_pss" if in_ring else "pss"] += int(rest.split()[0])
        elif name in ("Private_Clean", "Private_Dirty") and not in_ring:
            kib["uss"] += int(rest.split()[0])
    return kib


def program_name(pid):
    return os.path.basename(_read(f"/proc/{pid}/cmdline").split("\0")[0]).split(" ")[0].rstrip(":")


def descendants(pid):
    """Pids of the living children of `pid` and of theirs."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            stat = _read(f"/proc/{entry}/stat")
            # The program's name may hold spaces and brackets; behind its last bracket stand state and parent.
            fields = stat.rpartition(")")[2].split()
            if fields and fields[0] != "Z":
                children.setdefault(int(fields[1]), []).append(int(entry))
    found, todo = [], [pid]
    while todo:
        for child in children.get(todo.pop(), []):
            found.append(child)
            todo.append(child)
    return found


def listens(port):
    """Whether something listens on that port of IPv4, without connecting to it."""
    for line in _read("/proc/net/tcp").splitlines()[1:]:
        _, local, _, state = line.split()[:4]
        if state == "0A" and int(local.rpartition(":")[2], 16) == port:
            return True
    return False


def machine_busy_ns():
    """What all processors together have worked; includes time stolen by other virtual machines."""
    fields = [int(field) for field in _read("/proc/stat").split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _iowait, irq, softirq, steal = fields
    return (user + nice + system + irq + softirq + steal) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


class CpuWatch:
    """CPU time that groups of processes use from now on. `groups`: {"role": [pid, …]}."""

    def __init__(self, groups, own_tools):
        self._groups = groups
        self._tools = [os.getpid(), *own_tools]
        self._began_ns = time.monotonic_ns()
        self._busy = machine_busy_ns()
        self._before = {pid: cpu_ns(pid) for pid in self._all_pids()}

    def _all_pids(self):
        return [pid for pids in self._groups.values() for pid in pids] + self._tools

    def stop(self):
        """Per second: of each role, of the bench's own tools, and of all else that the machine did."""
        seconds = (time.monotonic_ns() - self._began_ns) / 1e9
        used = {pid: cpu_ns(pid) - before for pid, before in self._before.items()}
        busy = (machine_busy_ns() - self._busy) / 1e6

        def per_second(pids):
            return sum(used[pid] for pid in pids) / 1e6 / seconds

        everything = per_second(used)
        return {
            "ms_per_s": {role: per_second(pids) for role, pids in self._groups.items()},
            "tools_ms_per_s": per_second(self._tools),
            "other_ms_per_s": max(0.0, busy / seconds - everything),
        }
