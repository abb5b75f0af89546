"""What the driver makes of what it has measured: rounds, goals, complaints. Starts nothing."""

import contextlib
import copy
import io
import unittest

from sluice_bench import check, goals, report, rounds
from sluice_bench.children import BenchError
from sluice_bench.plan import SIZES, Step, carry_out
from sluice_bench.stacks import STACKS, Limit, NginxFfmpeg, Sluice, SluicePacked


def latency(us):
    return {"count": 100, "p50_us": us, "p95_us": us, "p99_us": us, "max_us": us}


def window(stack, streams, cpu=1.0, us=500, lost=0):
    return {
        "stack": stack.title, "streams": streams, "window_s": 5, "connected": streams,
        "cpu_ms_per_s": {"total": cpu * streams, "per_stream": cpu, "per_relay_process": None},
        "memory_kib": {
            "pss_total": 1000.0, "pss_per_stream": 500, "uss_per_stream": 500, "pss_per_relay_process": 1000.0,
            "uss_per_relay_process": 800.0,
        },
        "other_work_ms_per_s": 0.0, "tools_ms_per_s": 5.0,
        "video_latency": latency(us), "audio_latency": latency(us),
        "video_per_stream": [150] * streams, "audio_per_stream": [235] * streams,
        "lost": lost, "reordered": 0, "corrupt": 0, "unmarked": 0,
    }  # fmt: skip


def crowd(**changed):
    return {
        "stack": SluicePacked.title, "sources": 50, "streams": 500, "window_s": 60, "publishing": 50, "delivering": 500,
        "video_frames": 900_000, "video_frames_expected": 900_000, "lost": 0, "reordered": 0, "corrupt": 0,
        "unmarked": 0, **changed,
    }  # fmt: skip


def results(windows=(), **more):
    return {"steady": rounds.combine(windows), "switching": [], "crowd": [], "failures": [], "size": "full", **more}


def goal(found, words):
    return next(goal for goal in goals.judge(found) if words in goal["goal"])


class Rounds(unittest.TestCase):
    def test_a_figure_is_that_of_the_median_round(self):
        (run,) = rounds.combine([window(Sluice, 10, cpu) for cpu in (9.0, 1.0, 2.0)])
        self.assertEqual(run["cpu_ms_per_s"]["per_stream"], 2.0)
        self.assertEqual(len(run["rounds"]), 3)

    def test_damage_is_that_of_all_rounds_and_a_maximum_that_of_the_worst(self):
        (run,) = rounds.combine([window(Sluice, 10, us=us, lost=us) for us in (7, 1, 2)])
        self.assertEqual(run["lost"], 10)
        self.assertEqual(run["video_latency"], {"count": 300, "p50_us": 2, "p95_us": 2, "p99_us": 2, "max_us": 7})

    def test_what_was_not_measured_stays_so(self):
        (run,) = rounds.combine([window(Limit, 10)] * 3)
        self.assertIsNone(run["cpu_ms_per_s"]["per_relay_process"])

    def test_stacks_and_sizes_are_kept_apart(self):
        runs = rounds.combine([window(Sluice, 1), window(Limit, 1), window(Sluice, 10), window(Sluice, 1)])
        self.assertEqual([(run["stack"], run["streams"]) for run in runs],
                         [(Sluice.title, 1), (Limit.title, 1), (Sluice.title, 10)])


class Goals(unittest.TestCase):
    CPU = "N = 30: Sluice / nginx-rtmp + ffmpeg"

    def test_a_goal_is_met_at_its_limit_and_missed_above_it(self):
        at = results([window(Sluice, 30, 2.0), window(NginxFfmpeg, 30, 10.0)])
        above = results([window(Sluice, 30, 2.1), window(NginxFfmpeg, 30, 10.0)])
        self.assertIs(goal(at, self.CPU)["met"], True)
        self.assertIs(goal(above, self.CPU)["met"], False)

    def test_a_goal_without_its_stack_or_size_is_neither_met_nor_missed(self):
        for windows in ([window(Sluice, 30)], [window(Sluice, 10), window(NginxFfmpeg, 10)], []):
            self.assertIsNone(goal(results(windows), self.CPU)["met"])

    def test_a_run_without_anything_misses_nothing(self):
        self.assertTrue(all(goal["met"] is None for goal in goals.judge(results())))

    def test_the_worst_of_fewer_than_fifty_is_not_judged(self):
        def switched(times):
            spread = {"n": times, "min_ms": 1.0, "median_ms": 2.0, "max_ms": 3.0}
            return results(switching=[{"stack": Sluice.title, "disable_to_gone": spread}])

        self.assertIsNone(goal(switched(49), "off, worst")["met"])
        self.assertIs(goal(switched(50), "off, worst")["met"], True)

    def test_many_sources_that_lose_nothing_but_come_late_miss_the_goal(self):
        words = f"500 streams from 50 sources for 60 s, frames lost: {SluicePacked.title}"
        self.assertIs(goal(results(crowd=[crowd()]), words)["met"], True)
        for short in ({"video_frames": 450_000}, {"publishing": 49}, {"delivering": 499}, {"lost": 1}, {"unmarked": 1}):
            self.assertIs(goal(results(crowd=[crowd(**short)]), words)["met"], False, short)

    def test_a_smaller_crowd_is_not_the_goal(self):
        found = results(crowd=[crowd(sources=2, streams=4, window_s=1)])
        self.assertIsNone(goal(found, "500 streams from 50 sources")["met"])

    def test_a_full_run_measures_what_the_goals_ask_for(self):
        windows = [window(stack, count) for stack in STACKS.values() for count in SIZES["full"]["counts"]]
        sources, each, seconds = SIZES["full"]["crowd"]
        crowds = [
            crowd(stack=stack.title, sources=sources, streams=sources * each, window_s=seconds)
            for stack in (Sluice, SluicePacked)
        ]
        spread = {"n": SIZES["full"]["switches"], "min_ms": 1.0, "median_ms": 2.0, "max_ms": 3.0}
        switching = [
            {"stack": stack.title, "enable_to_first_key_frame": spread, off: spread}
            for stack, off in ((Sluice, "disable_to_gone"), (SluicePacked, "disable_to_closed"))
        ]
        judged = goals.judge(results(windows, crowd=crowds, switching=switching))
        self.assertEqual([goal["goal"] for goal in judged if goal["met"] is None], [])


class Tables(unittest.TestCase):
    def test_a_goal_that_was_not_measured_says_so(self):
        found = results(environment={}, growth=[], page=[], start=[], micro=[])
        text = report.markdown({**found, "goals": goals.judge(found)})
        self.assertEqual(text.count("not measured"), len(goals.judge(found)))


class Steps(unittest.TestCase):
    def test_one_that_fails_is_told_and_the_others_are_done(self):
        done = []

        def fail():
            raise BenchError("nothing came.")

        steps = [Step("first", 1, lambda: done.append(1)), Step("second", 1, fail)]
        steps.append(Step("third", 1, lambda: done.append(3)))
        with contextlib.redirect_stderr(io.StringIO()) as progress:
            failures = carry_out(steps)
        self.assertEqual(done, [1, 3])
        self.assertEqual(failures, ["second: nothing came."])
        self.assertIn("[3/3, about ", progress.getvalue())
        self.assertTrue(check.complaints(results(failures=failures)))


class Complaints(unittest.TestCase):
    def test_damage_in_any_round_of_sluice_is_one_and_of_another_is_none(self):
        self.assertTrue(check.complaints(results([window(Sluice, 2), window(Sluice, 2, lost=1)])))
        self.assertTrue(check.complaints(results([window(SluicePacked, 2, lost=1)])))
        self.assertFalse(check.complaints(results([window(NginxFfmpeg, 2, lost=1)])))

    def test_a_stream_that_delivered_nothing_in_one_round_is_one(self):
        silent = copy.deepcopy(window(NginxFfmpeg, 2))
        silent["audio_per_stream"][1] = 0
        self.assertTrue(check.complaints(results([window(NginxFfmpeg, 2), silent, window(NginxFfmpeg, 2)])))


if __name__ == "__main__":
    unittest.main()
