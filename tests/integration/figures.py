"""Figures that a run has measured: shown at its end, and kept in build/PRESET/figures, a file per scenario file.
They are for people; what a figure must be is asserted by the test, where anything is."""

from processes import BIN

DIRECTORY = BIN.parent / "figures"

noted = []
_begun = set()


def note(scenario, name, value):
    line = f"{name}: {value}"
    noted.append(line)
    DIRECTORY.mkdir(exist_ok=True)
    with open(DIRECTORY / f"{scenario}.txt", "a" if scenario in _begun else "w") as out:
        out.write(line + "\n")
    _begun.add(scenario)


def milliseconds(values):
    """What to say of several durations in seconds."""
    ordered = sorted(value * 1000 for value in values)
    return f"median {ordered[len(ordered) // 2]:.0f} ms, worst {ordered[-1]:.0f} ms of {len(ordered)}"
