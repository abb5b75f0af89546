// The "be right back" clips of all sources: what is being recorded, what is kept, what is wrong with it. Runs
// in the manager, on its loop; a clip may have 64 MiB, so the disk is waited for in a thread of its own.
//
// A kept clip is held in sealed memory as well: relays are given that, and neither a slow disk nor whoever
// writes to the file can disturb them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/fd.hpp"
#include "control/messages.hpp"
#include "manager/clip_files.hpp"
#include "manager/status.hpp"
#include "manager/store.hpp"

namespace sluice::manager {

class Clips {
 public:
  // `store` outlives it. `on_change`: something that status() or kept() tell of this source is another now.
  Clips(boost::asio::io_context& io, Store& store, const std::string& data_directory,
        std::function<void(std::int64_t source)> on_change);
  // Waits for what the disk is doing just now, not for what is still to be done.
  ~Clips();
  Clips(const Clips&) = delete;
  Clips& operator=(const Clips&) = delete;

  // ---- what happens --------------------------------------------------------------------------------
  // The ingest was asked to record. What went wrong before is forgotten; what is kept stays until the new one
  // is.
  void asked(std::int64_t source, int seconds);
  // The ingest's answer; `file` when there is no problem.
  void recorded(const control::ClipRecorded& answer, UniqueFd file);
  // The process is gone, and what it was recording with it.
  void ingest_lost();
  // Nothing is kept of it any more, nor of a recording under way.
  std::expected<void, StoreFailure> remove(std::int64_t source);
  // After changes of the store: clips of sources that are gone go, too.
  void keep_only(const Sources& sources);

  // ---- what is there -------------------------------------------------------------------------------
  // Names what relays are to show: "" for nothing, nullopt while it is still being read.
  std::optional<std::string> version(std::int64_t source) const;
  // Of that version, -1 for nothing.
  int descriptor(std::int64_t source) const;
  // nullopt: there is none, and none is being made.
  std::optional<ClipStatus> status(std::int64_t source, const control::SourceFacts& facts) const;

 private:
  struct Entry {
    std::optional<int> asked_seconds;  // until it is kept or has failed
    std::optional<StoredClip> saving;
    bool dismissed = false;  // the recording under way is not wanted any more
    bool reading = false;
    bool damaged = false;
    std::optional<control::Reason> failure;
    UniqueFd file;
    std::uint64_t turn = 0;  // work begun in an earlier turn comes to nothing
  };

  // `work` in the thread, then `done` with its result on the loop, if the entry is still in the same turn.
  template <typename Work, typename Done>
  void in_thread(std::int64_t source, Work work, Done done);
  void read(const StoredClip& clip);
  void save(StoredClip clip, UniqueFd file);
  void saved(StoredClip clip, UniqueFd file);
  void fail(std::int64_t source, control::Reason reason);
  void drop_files(std::int64_t source);
  const Entry* find(std::int64_t source) const;

  boost::asio::io_context& io_;
  Store& store_;
  ClipFiles files_;
  std::function<void(std::int64_t)> on_change_;
  std::map<std::int64_t, Entry> entries_;
  std::uint64_t last_turn_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>();  // for what comes back from the thread
  boost::asio::thread_pool thread_{1};
};

}  // namespace sluice::manager
