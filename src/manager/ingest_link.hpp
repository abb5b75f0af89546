// What the manager knows about and tells the ingest: listener, sources, rings, facts. Runs in the manager.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "manager/child_process.hpp"
#include "manager/model.hpp"

namespace sluice::manager {

struct Ring {
  std::string id;
  UniqueFd fd;
};

class IngestLink {
 public:
  // The listening RTMP socket stays here for as long as the manager lives: a dead ingest's callers wait in
  // its backlog.
  void keep_listener(UniqueFd listener) { listener_ = std::move(listener); }
  // A hello has come; whether this ingest has the listener already, and knows what a viewer is.
  void greeted(bool listening, bool takes_viewers) {
    listening_ = listening;
    takes_viewers_ = takes_viewers;
  }
  // One of an earlier build does not, until it is replaced.
  bool takes_viewers() const { return takes_viewers_; }

  // Everything a fresh or changed ingest must know. Sources that are gone are removed from it.
  void configure(ChildProcess& child, const Sources& sources, bool play_from_anywhere,
                 const std::string& config_hash);
  void attach(ChildProcess& child, std::int64_t source, std::int64_t reader, int wake) const;

  void take_ring(std::int64_t source, Ring ring) { rings_[source] = std::move(ring); }
  const Ring* ring_of(std::int64_t source) const;
  void take_facts(control::SourceFacts facts);
  // "absent" without anything else while the ingest has said nothing about it.
  control::SourceFacts facts_of(std::int64_t source) const;
  bool anyone_publishes() const;
  // The process is gone: nobody publishes, no source is known to it. Returns the sources that were
  // publishing.
  std::vector<std::int64_t> lost();
  // Drops rings and facts of sources that are no longer there.
  void keep_only(const Sources& sources);

 private:
  UniqueFd listener_;
  std::map<std::int64_t, Ring> rings_;
  std::map<std::int64_t, control::SourceFacts> facts_;
  bool listening_ = false;  // the present ingest has the listener
  bool takes_viewers_ = false;
  std::vector<std::int64_t> told_;
};

}  // namespace sluice::manager
