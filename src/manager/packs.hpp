// Relay processes that carry several streams of one source (--streams-per-relay). Kept here: the processes,
// and which stream is in which. What a stream does there is between it and the supervisor, as if it had the
// process to itself. Runs in the manager.
//
// A pack is ended when the last of its streams has left it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/fd.hpp"
#include "manager/adoption.hpp"
#include "manager/child_process.hpp"
#include "manager/run_directory.hpp"
#include "manager/start_child.hpp"
#include "os/process.hpp"

namespace sluice::manager {

class Packs {
 public:
  struct Settings {
    std::string program_directory;
    int streams_per_relay = 1;  // in one that is started or joined from now on
  };
  // `directory` outlives it. `on_ended`: the process is gone; those of its streams come to an end on their
  // own.
  Packs(boost::asio::io_context& io, const RunDirectory& directory, Settings settings,
        std::function<void(ChildId pack)> on_ended);
  ~Packs();
  Packs(const Packs&) = delete;
  Packs& operator=(const Packs&) = delete;

  // What a previous manager has left: first the packs, then the streams in them, then those without are
  // ended.
  void adopt(FoundChild pack);
  void adopt_stream(std::int64_t stream, std::int64_t source, ChildId pack);
  void end_empty();

  // Gives the stream, with a control socket of its own, to a pack with room or to a new one. The process is
  // the pack's.
  std::expected<StartedChild, std::string> carry(std::int64_t stream, std::int64_t source);
  // It is in no process any more.
  void left(std::int64_t stream);

  // The pack that the stream is in; kIngest: none.
  ChildId pack_of(std::int64_t stream) const;
  // What wakes that pack; -1: nothing.
  int wake_of(std::int64_t stream) const;
  bool none() const { return packs_.empty(); }
  void trim_logs() const;

 private:
  struct Pack {
    std::shared_ptr<ChildProcess> process;
    std::int64_t source = 0;
    std::set<std::int64_t> streams;
    UniqueFd wake;
    bool takes_more = false;
  };

  std::expected<ChildId, std::string> with_room(std::int64_t source);
  std::expected<ChildId, std::string> start(std::int64_t source);
  Pack& attend(ChildId id, os::Process process, UniqueFd channel);
  static void end(Pack& pack);
  void reconnect(ChildId id);
  void ended(ChildId id);

  boost::asio::io_context& io_;
  const RunDirectory& directory_;
  Settings settings_;
  std::function<void(ChildId)> on_ended_;
  std::map<ChildId, Pack> packs_;
  std::map<std::int64_t, ChildId> pack_of_;  // by stream
  ChildId next_ = pack_child(1);
};

}  // namespace sluice::manager
