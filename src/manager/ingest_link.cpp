// Listener, sources, rings and facts. Runs in the manager.
#include "manager/ingest_link.hpp"

#include <algorithm>
#include <utility>

#include "manager/times.hpp"

namespace sluice::manager {

void IngestLink::configure(ChildProcess& child, const Sources& sources, bool play_from_anywhere,
                           const std::string& config_hash) {
  if (!std::exchange(listening_, true)) child.send(control::Listen{}, {listener_.get()});
  // Removed ones first: a new source may have taken over an address.
  for (const std::int64_t id : told_) {
    if (!sources.contains(id)) child.send(control::RemoveSource{id});
  }
  told_.clear();
  for (const auto& [id, source] : sources) {
    child.send(control::SetSource{id, source.app, source.key});
    told_.push_back(id);
  }
  child.send(control::PlayPolicy{play_from_anywhere});
  child.send(control::ConfigHash{config_hash});
}

void IngestLink::attach(ChildProcess& child, std::int64_t source, std::int64_t reader, int wake) const {
  child.send(control::AttachReader{source, reader}, {wake});
}

const Ring* IngestLink::ring_of(std::int64_t source) const {
  const auto found = rings_.find(source);
  return found == rings_.end() ? nullptr : &found->second;
}

void IngestLink::take_facts(control::SourceFacts facts) {
  const std::int64_t source = facts.source;
  facts_[source] = std::move(facts);
}

control::SourceFacts IngestLink::facts_of(std::int64_t source) const {
  const auto found = facts_.find(source);
  if (found != facts_.end()) return found->second;
  control::SourceFacts facts;
  facts.source = source;
  facts.state = "absent";
  return facts;
}

bool IngestLink::anyone_publishes() const {
  return std::ranges::any_of(facts_, [](const auto& entry) { return entry.second.state == "publishing"; });
}

std::vector<std::int64_t> IngestLink::lost() {
  listening_ = false;
  takes_viewers_ = false;
  told_.clear();
  rings_.clear();
  std::vector<std::int64_t> publishing;
  for (auto& [id, facts] : facts_) {
    if (facts.state != "publishing") continue;
    publishing.push_back(id);
    facts = {};
    facts.source = id;
    facts.state = "absent";
    facts.since_ms = wall_ms();
  }
  return publishing;
}

void IngestLink::keep_only(const Sources& sources) {
  std::erase_if(rings_, [&](const auto& entry) { return !sources.contains(entry.first); });
  std::erase_if(facts_, [&](const auto& entry) { return !sources.contains(entry.first); });
}

}  // namespace sluice::manager
