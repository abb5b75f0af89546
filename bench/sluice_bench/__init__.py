"""The driver of scripts/bench: starts Sluice and the stacks it replaces one after another, with the same
publisher and the same receiver, and measures them from outside. Standard library only."""
