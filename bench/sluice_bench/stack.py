"""What the relaying sides that are compared have in common."""


class Stack:
    """Made with (programs, work_dir). start(count, sink) feeds count streams to the sink, with the keys k1, k2, …, once a
    publisher sends to `url`; groups() says which processes do the work, and as what; end() leaves none."""

    title = ""
    relay_role = None  # of groups(): the processes that carry a stream or several, and do nothing else
    tls = False
    publish_key = ""
    settle_seconds_per_stream = 0.02
    warm_up_s = 0  # until it costs what it costs in the middle of a show

    @staticmethod
    def missing(_programs):
        """Why this machine cannot run it; None if it can."""
        return None

    def show_began(self):
        """Called once the publisher is publishing."""
