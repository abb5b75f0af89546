// Carries out what reconcile decides, with real processes and sockets, and keeps what they report. Runs in
// the manager, on its loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <expected>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "control/messages.hpp"
#include "control/progress.hpp"
#include "manager/adoption.hpp"
#include "manager/child_process.hpp"
#include "manager/clips.hpp"
#include "manager/ingest_link.hpp"
#include "manager/packs.hpp"
#include "manager/reconcile.hpp"
#include "manager/run_directory.hpp"
#include "manager/start_child.hpp"
#include "manager/status.hpp"
#include "manager/store.hpp"

namespace sluice::manager {

class Supervisor {
 public:
  struct Settings {
    std::string program_directory;  // where sluice-relay and sluice-ingest are
    std::string rtmp_listen;        // as shown in the ingest's arguments
    bool play_from_anywhere = false;
    int streams_per_relay = 1;  // relays that run already stay as they are
    // Whether a platform takes no show without sound; asked anew at each apply().
    std::function<bool(std::string_view platform)> needs_sound = [](std::string_view) { return false; };
  };
  struct Callbacks {
    std::function<void(std::int64_t stream)> on_stream;  // its state may have changed
    std::function<void(std::int64_t source)> on_source;
    std::function<void(control::RefusedPublish)> on_refused;
  };

  // `store`, `clips` and `directory` outlive it. What `clips` tells of a change must lead to apply().
  Supervisor(boost::asio::io_context& io, const Store& store, Clips& clips, const RunDirectory& directory,
             Settings settings, Callbacks callbacks);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Once, before anything else. `listener` is the RTMP socket.
  void start(UniqueFd listener, std::vector<FoundChild> found);
  // The store has changed.
  void apply();
  // Ends every child. Await all_gone() afterwards.
  void shut_down();

  StreamStatus status(const Stream& stream) const;
  control::SourceFacts facts(std::int64_t source) const { return ingest_.facts_of(source); }
  std::optional<ClipStatus> clip(std::int64_t source) const { return clips_.status(source, facts(source)); }
  // Whether publishers are being taken.
  bool listening() const { return reconciler_.settled(kIngest); }
  void retry(std::int64_t stream);
  // False: the ingest is not there to be asked.
  bool record_clip(std::int64_t source, int seconds);
  // Whether the ingest can serve viewers; one of an earlier build cannot.
  bool takes_viewers() const { return ingest_.takes_viewers(); }
  // The ingest answers this HTTP client. It is closed without an answer if the ingest is gone this very
  // moment or has too much to read.
  void watch(std::int64_t source, UniqueFd socket);

  // True as soon as `done` is, false at the deadline. `done` is asked after every change.
  boost::asio::awaitable<bool> until(std::function<bool()> done, Duration deadline);
  bool configured(std::int64_t stream) const { return reconciler_.settled(stream); }
  bool gone(std::int64_t stream) const { return reconciler_.phase(stream) == Phase::kAbsent; }
  bool all_gone() const { return !reconciler_.any_child() && packs_.none(); }
  // The last start of it has failed, and why.
  std::optional<control::Reason> start_failure(std::int64_t stream) const;

 private:
  struct Record {
    std::shared_ptr<ChildProcess> process;
    std::optional<control::ProgressMap> page;  // relays: from the first start to off
    UniqueFd wake;                             // relays: of this process, if it is for one stream
    std::optional<control::RelayState> reported;
    std::optional<control::Reason> failure;  // of the last process, until the next one reports
    std::int64_t since_ms = 0;
  };

  void step();
  void carry_out(const Action& action);
  void spawn(ChildId id);
  std::expected<StartedChild, std::string> start_process(ChildId id);
  void reconnect(ChildId id);
  void configure(ChildId id);
  control::HoldPolicy hold_of(const Stream& stream) const;
  void tell_hold(ChildId id);
  void tell_clip(ChildId id);
  void use_ring(ChildId id);
  void attach(ChildId id);
  void terminate(ChildId id);
  void adopt_packed(const FoundChild& child);
  void attend(ChildId id, os::Process process, UniqueFd channel);
  void on_message(ChildId id, control::Message message, std::vector<UniqueFd> fds);
  void on_hello(ChildId id, const control::Hello& hello, std::vector<UniqueFd> fds);
  void on_relay_state(ChildId id, control::RelayState state);
  void on_channel_lost(ChildId id);
  void on_pack_ended(ChildId pack);
  void on_ended(ChildId id, std::optional<os::ExitStatus> status);
  void could_not_start(ChildId id, const std::string& why);
  void schedule();
  void trim_logs();
  void notify(ChildId id);
  std::map<ChildId, Wish> wishes() const;
  std::string ingest_hash() const;
  ChildProcess* process_of(ChildId id);
  bool is_packed(ChildId id) const { return packs_.pack_of(id) != kIngest; }

  boost::asio::io_context& io_;
  const Store& store_;
  Clips& clips_;
  const RunDirectory& directory_;
  Settings settings_;
  Callbacks callbacks_;
  Reconciler reconciler_;
  IngestLink ingest_;
  Packs packs_;
  std::map<ChildId, Record> records_;
  std::map<std::int64_t, std::int64_t> off_since_ms_;  // streams that were on since this manager started
  std::int64_t started_ms_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer trim_timer_;
  std::list<boost::asio::steady_timer*> waiters_;
  bool stepping_ = false;
  bool step_again_ = false;
  bool shutting_down_ = false;
};

}  // namespace sluice::manager
