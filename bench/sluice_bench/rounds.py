"""One result of several rounds. Other work on the machine hits some of them: the median is that of an ordinary one.
Damage is never averaged away: it is that of all rounds together, and a maximum is that of the worst one."""

import statistics

from .measure import DAMAGE

COMBINE = {"streams": max, "max_us": max, "count": sum, "window_s": sum, "connected": min, **dict.fromkeys(DAMAGE, sum)}


def _combine(name, values):
    if isinstance(values[0], dict):
        return {key: _combine(key, [value[key] for value in values]) for key in values[0]}
    if isinstance(values[0], (str, list)):
        return values[0]
    known = [value for value in values if value is not None]
    return COMBINE.get(name, statistics.median)(known) if known else None


def combine(windows):
    """Per stack and number of streams, in the order of the first round. What was found in each round stays with it."""
    groups = {}
    for window in windows:
        groups.setdefault((window["streams"], window["stack"]), []).append(window)
    found = []
    for group in groups.values():
        told = [{name: value for name, value in window.items() if not isinstance(value, list)} for window in group]
        found.append({**_combine("", told), "rounds": group})
    return found


def growth(steady):
    """Per stack and pair N, M of the run, N < M: what each further stream cost on the way from N to M."""
    found = []
    for few in steady:
        for many in steady:
            if few["stack"] != many["stack"] or not few["streams"] < many["streams"]:
                continue
            more = many["streams"] - few["streams"]
            found.append({
                "stack": few["stack"],
                "from": few["streams"],
                "to": many["streams"],
                "cpu_ms_per_s": (many["cpu_ms_per_s"]["total"] - few["cpu_ms_per_s"]["total"]) / more,
                "pss_kib": (many["memory_kib"]["pss_total"] - few["memory_kib"]["pss_total"]) / more,
            })
    return found
