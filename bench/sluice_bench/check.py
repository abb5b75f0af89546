"""What must be true of any run, on any machine: the frames came, and Sluice lost and changed none. No times."""

from .measure import DAMAGE, TRACKS
from .stacks import STACKS, Sluice

SLUICES = [stack.title for stack in STACKS.values() if issubclass(stack, Sluice)]


def complaints(results):
    """Sentences; none when all is well."""
    found = [f"failed: {failure}" for failure in results["failures"]]
    for run in results["steady"]:
        where = f"{run['stack']} with {run['streams']} streams"
        if run["connected"] != run["streams"]:
            found.append(f"{where}: {run['connected']} were connected.")
        if any(min(window[f"{track}_per_stream"]) == 0 for window in run["rounds"] for track in TRACKS):
            found.append(f"{where}: a stream delivered nothing.")
        if run["stack"] in SLUICES:
            found += [f"{where}: {run[what]} frames {what}." for what in DAMAGE if run[what]]
    for run in results["crowd"]:
        where = f"{run['stack']} with {run['sources']} sources"
        # More than a few may be more than the machine can carry: that is a result.
        needed = run["streams"] if results["size"] == "short" else 1
        if run["delivering"] < needed:
            found.append(f"{where}: {run['delivering']} of {run['streams']} streams delivered.")
    return found
