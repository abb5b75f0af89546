// Tests of servers (POST /api/probe), each in a process of its own, since the manager parses nothing that
// comes from the media network. They are no children of reconcile's: none is replaced, none is adopted by the
// next manager, and each ends with this one. Runs in the manager, on its loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <expected>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "control/messages.hpp"
#include "manager/problem.hpp"
#include "manager/run_directory.hpp"

namespace sluice::manager {

// Each costs a process and a connection to wherever the request says.
inline constexpr std::size_t kMaxProbes = 4;
// Then it is killed. It gives up by itself a little earlier (relay/prober.hpp), and says at which step.
inline constexpr Duration kProbePatience = std::chrono::seconds{15};

class Probes {
 public:
  using Steps = std::vector<control::ProbeStep>;

  // `directory` outlives it. `programs` is the folder of sluice-relay.
  Probes(boost::asio::io_context& io, const RunDirectory& directory, std::string programs,
         Duration patience = kProbePatience);
  ~Probes();  // kills what runs
  Probes(const Probes&) = delete;
  Probes& operator=(const Probes&) = delete;

  // The steps up to the first that failed, or all; the process is gone by then. 503: kMaxProbes are running
  // already, or this one could not be started or has come to no end.
  boost::asio::awaitable<std::expected<Steps, Problem>> run(control::Probe request);

 private:
  struct Run;

  std::expected<void, std::string> start(const std::shared_ptr<Run>& run, const control::Probe& request);
  void await_deadline(const std::shared_ptr<Run>& run);
  void on_ended(const std::shared_ptr<Run>& run);

  boost::asio::io_context& io_;
  const RunDirectory& directory_;
  std::string programs_;
  Duration patience_;
  std::set<std::shared_ptr<Run>> running_;
};

}  // namespace sluice::manager
