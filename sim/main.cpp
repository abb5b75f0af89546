// sluice_sim: runs seeds. Exit codes: 0 all kept their promises, 1 one did not, 2 usage.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "sim/world.hpp"

namespace {

using namespace sluice::sim;

struct Options {
  std::uint64_t first = 1;
  std::uint64_t seeds = 100;
  int jobs = 1;
  bool verbose = false;
  bool progress = false;
  bool keep_going = false;
};

constexpr const char* kUsage =
    "sluice_sim [--seeds N] [--first N] [--jobs N] [--progress] [--keep-going]   runs N seeds (default 100)\n"
    "sluice_sim --seed N [--verbose]                                             runs one, and tells of it\n";

// What a worker reports to its parent.
struct Tally {
  std::uint64_t seeds = 0;
  std::uint64_t events = 0;
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;
  double cpu_seconds = 0;
};

// For the one way to fail that is no Violation: a SLUICE_CHECK in a machine.
std::uint64_t seed_in_progress = 0;

void on_abort(int) {
  char text[64];
  const int length = std::snprintf(text, sizeof(text), "seed %llu: a SLUICE_CHECK failed, see above\n",
                                   static_cast<unsigned long long>(seed_in_progress));
  if (length > 0) static_cast<void>(!write(STDOUT_FILENO, text, static_cast<std::size_t>(length)));
  std::_Exit(1);
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--verbose" || name == "--progress" || name == "--keep-going") {
      (name == "--verbose"    ? options.verbose
       : name == "--progress" ? options.progress
                              : options.keep_going) = true;
      continue;
    }
    if (i + 1 == argc) return false;
    char* end = nullptr;
    const std::uint64_t value = std::strtoull(argv[++i], &end, 10);
    if (*end != '\0' || end == argv[i]) return false;
    if (name == "--seed") {
      options.first = value;
      options.seeds = 1;
    } else if (name == "--first") {
      options.first = value;
    } else if (name == "--seeds") {
      options.seeds = value;
    } else if (name == "--jobs" && value >= 1 && value <= 64) {
      options.jobs = static_cast<int>(value);
    } else {
      return false;
    }
  }
  return true;
}

void print_failure(std::uint64_t seed, const Outcome& outcome) {
  std::printf(
      "\nseed %llu breaks %s after %.3f simulated seconds: %s\n%s  replay: sluice_sim --seed %llu "
      "--verbose\n",
      static_cast<unsigned long long>(seed), outcome.invariant.c_str(), outcome.at_seconds,
      outcome.what.c_str(), outcome.recent.c_str(), static_cast<unsigned long long>(seed));
  std::fflush(stdout);
}

// Every jobs-th seed, beginning with the job-th.
Tally work(const Options& options, int job) {
  std::signal(SIGABRT, on_abort);
  Tally tally;
  Arena arena;
  for (std::uint64_t i = static_cast<std::uint64_t>(job); i < options.seeds;
       i += static_cast<std::uint64_t>(options.jobs)) {
    const std::uint64_t seed = options.first + i;
    seed_in_progress = seed;
    const Outcome outcome = run_seed({seed, options.verbose, seed % kFullRateEvery == 0}, arena);
    ++tally.seeds;
    tally.events += outcome.events;
    tally.delivered += outcome.delivered;
    if (outcome.failed) {
      ++tally.failed;
      print_failure(seed, outcome);
      if (!options.keep_going) break;
    }
    if (options.progress && job == 0 && tally.seeds % 100 == 0) {
      std::fprintf(stderr, "%llu of %llu seeds\n",
                   static_cast<unsigned long long>(tally.seeds * static_cast<std::uint64_t>(options.jobs)),
                   static_cast<unsigned long long>(options.seeds));
    }
  }
  tally.cpu_seconds = cpu_seconds();
  return tally;
}

// Processes, not threads: a failing check ends one of them, and nothing is shared.
Tally work_in_parallel(const Options& options) {
  if (options.jobs == 1) return work(options, 0);
  std::vector<int> pipes;
  for (int job = 0; job < options.jobs; ++job) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    const pid_t pid = fork();
    if (pid < 0) std::abort();
    if (pid == 0) {
      const Tally tally = work(options, job);
      const bool told = write(ends[1], &tally, sizeof(tally)) == static_cast<ssize_t>(sizeof(tally));
      std::_Exit(told ? 0 : 1);
    }
    close(ends[1]);
    pipes.push_back(ends[0]);
  }
  Tally total;
  for (const int end : pipes) {
    Tally tally;
    if (read(end, &tally, sizeof(tally)) != static_cast<ssize_t>(sizeof(tally))) tally.failed = 1;
    total.seeds += tally.seeds;
    total.events += tally.events;
    total.delivered += tally.delivered;
    total.failed += tally.failed;
    total.cpu_seconds += tally.cpu_seconds;
    close(end);
  }
  while (wait(nullptr) > 0) {
  }
  return total;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const auto begin = std::chrono::steady_clock::now();
  const Tally tally = work_in_parallel(options);
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const double hours =
      static_cast<double>(tally.seeds) * std::chrono::duration<double>(kSimulated).count() / 3600;
  std::printf(
      "%llu seeds from %llu, %llu failed; %.1f simulated hours, %.2f per CPU second; %.0f events and %.0f "
      "deliveries a seed; %.1f s of CPU (%.1f ms a seed), %.1f s\n",
      static_cast<unsigned long long>(tally.seeds), static_cast<unsigned long long>(options.first),
      static_cast<unsigned long long>(tally.failed), hours, hours / tally.cpu_seconds,
      static_cast<double>(tally.events) / static_cast<double>(tally.seeds),
      static_cast<double>(tally.delivered) / static_cast<double>(tally.seeds), tally.cpu_seconds,
      tally.cpu_seconds * 1000 / static_cast<double>(tally.seeds), wall);
  return tally.failed == 0 ? 0 : 1;
}
