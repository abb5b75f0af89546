// See the header.
#include "manager/clips.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/reasons.hpp"
#include "control/reason.hpp"
#include "manager/times.hpp"
#include "os/shared_memory.hpp"

namespace sluice::manager {
namespace {

namespace asio = boost::asio;

// From the ingest: a code that this build does not know is no reason to end.
control::Reason reason_of(const std::string& code) {
  return control::make_reason(find_reason(code) != nullptr ? code : "clip_interrupted");
}

}  // namespace

Clips::Clips(asio::io_context& io, Store& store, const std::string& data_directory,
             std::function<void(std::int64_t)> on_change)
    : io_(io), store_(store), files_(data_directory), on_change_(std::move(on_change)) {
  std::set<std::int64_t> sources;
  for (const auto& [source, clip] : store_.clips()) sources.insert(source);
  asio::post(thread_, [files = files_, sources] { files.remove_others(sources); });
  for (const auto& [source, clip] : store_.clips()) read(clip);
}

Clips::~Clips() {
  thread_.stop();
  thread_.join();
}

template <typename Work, typename Done>
void Clips::in_thread(std::int64_t source, Work work, Done done) {
  const std::uint64_t turn = entries_[source].turn = ++last_turn_;
  asio::post(thread_, [this, alive = std::weak_ptr(alive_), source, turn, work = std::move(work),
                       done = std::move(done)]() mutable {
    auto result = std::make_shared<decltype(work())>(work());
    asio::post(io_, [this, alive, source, turn, result, done = std::move(done)]() mutable {
      if (alive.expired()) return;
      const auto entry = entries_.find(source);
      if (entry != entries_.end() && entry->second.turn == turn) done(std::move(*result));
    });
  });
}

// ---- what happens --------------------------------------------------------------------------------------

void Clips::read(const StoredClip& clip) {
  entries_[clip.source].reading = true;
  in_thread(
      clip.source, [files = files_, clip] { return files.load(clip.source, clip.digest); },
      [this, source = clip.source](std::expected<UniqueFd, std::string> file) {
        Entry& entry = entries_[source];
        entry.reading = false;
        if (file) {
          entry.file = std::move(*file);
        } else {
          log::error("a clip cannot be used", {{"source", source}, {"why", file.error()}});
          entry.damaged = true;
        }
        on_change_(source);
      });
}

void Clips::asked(std::int64_t source, int seconds) {
  Entry& entry = entries_[source];
  entry.asked_seconds = seconds;
  entry.dismissed = false;
  entry.failure.reset();
  on_change_(source);
}

void Clips::recorded(const control::ClipRecorded& answer, UniqueFd file) {
  const std::int64_t source = answer.source;
  if (std::exchange(entries_[source].dismissed, false)) return;
  if (!answer.problem.empty()) return fail(source, reason_of(answer.problem));
  if (!file || !os::content_is_sealed(file.get())) return fail(source, reason_of("clip_interrupted"));
  save({source, "", answer.headers, answer.duration_ms, wall_ms()}, std::move(file));
}

void Clips::save(StoredClip clip, UniqueFd file) {
  Entry& entry = entries_[clip.source];
  if (std::exchange(entry.reading, false)) entry.damaged = true;  // the old one was not read in time
  entry.saving = clip;
  // Shared by the thread, which reads it, and the loop, which keeps it.
  auto memory = std::make_shared<UniqueFd>(std::move(file));
  in_thread(
      clip.source,
      [files = files_, memory, source = clip.source] { return files.write_new(source, memory->get()); },
      [this, memory, clip](std::expected<std::string, std::string> digest) mutable {
        if (!digest)
          return fail(clip.source, control::make_reason("clip_not_saved", {{"why", digest.error()}}));
        clip.digest = *digest;
        saved(std::move(clip), std::move(*memory));
      });
}

void Clips::saved(StoredClip clip, UniqueFd file) {
  const std::int64_t source = clip.source;
  if (const auto kept = store_.put(std::move(clip)); !kept) {
    log::error("the store cannot be written", {{"why", kept.error().detail}});
    return fail(source, control::make_reason("clip_not_saved", {{"why", kept.error().detail}}));
  }
  Entry& entry = entries_[source];
  entry.file = std::move(file);
  entry.asked_seconds.reset();
  entry.saving.reset();
  entry.damaged = false;
  entry.failure.reset();
  // The store knows it now. Should this fail, the next start finds the new file by its digest.
  in_thread(
      source, [files = files_, source] { return files.replace_old(source); },
      [source](const std::expected<void, std::string>& replaced) {
        if (!replaced)
          log::error("a clip is not in its place", {{"source", source}, {"why", replaced.error()}});
      });
  on_change_(source);
}

void Clips::fail(std::int64_t source, control::Reason reason) {
  log::warning("no clip", {{"source", source}, {"why", reason.text}});
  Entry& entry = entries_[source];
  entry.asked_seconds.reset();
  entry.saving.reset();
  entry.failure = std::move(reason);
  on_change_(source);
}

void Clips::ingest_lost() {
  std::vector<std::int64_t> interrupted;
  for (auto& [source, entry] : entries_) {
    entry.dismissed = false;
    if (entry.asked_seconds && !entry.saving) interrupted.push_back(source);
  }
  for (const std::int64_t source : interrupted) fail(source, control::make_reason("clip_interrupted"));
}

std::expected<void, StoreFailure> Clips::remove(std::int64_t source) {
  if (auto removed = store_.remove_clip(source); !removed) return removed;
  Entry& entry = entries_[source];
  entry = {};
  // If one is being recorded, nobody stops that: its answer is not heard.
  entry.dismissed = true;
  drop_files(source);
  on_change_(source);
  return {};
}

void Clips::keep_only(const Sources& sources) {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (sources.contains(entry->first)) {
      ++entry;
      continue;
    }
    drop_files(entry->first);
    entry = entries_.erase(entry);
  }
}

void Clips::drop_files(std::int64_t source) {
  in_thread(
      source,
      [files = files_, source] {
        files.remove(source);
        return true;
      },
      [](bool) {});
}

// ---- what is there -------------------------------------------------------------------------------------

const Clips::Entry* Clips::find(std::int64_t source) const {
  const auto found = entries_.find(source);
  return found == entries_.end() ? nullptr : &found->second;
}

std::optional<std::string> Clips::version(std::int64_t source) const {
  const Entry* entry = find(source);
  if (entry != nullptr && entry->reading) return std::nullopt;
  return entry != nullptr && entry->file ? store_.clips().at(source).digest : "";
}

int Clips::descriptor(std::int64_t source) const {
  const Entry* entry = find(source);
  return entry == nullptr ? -1 : entry->file.get();
}

std::optional<ClipStatus> Clips::status(std::int64_t source, const control::SourceFacts& facts) const {
  static const Entry kNothing;
  const Entry* found = find(source);
  const Entry& entry = found == nullptr ? kNothing : *found;
  const auto kept = store_.clips().find(source);
  // One may have been asked for by a manager before this one.
  const bool recording = entry.asked_seconds || (facts.clip_recorded_ms >= 0 && !entry.dismissed);
  if (!recording && !entry.failure && kept == store_.clips().end()) return std::nullopt;

  ClipStatus status;
  if (kept != store_.clips().end()) {
    status.duration_ms = kept->second.duration_ms;
    status.recorded_at_ms = kept->second.recorded_at_ms;
  }
  if (recording) {
    status.state = ClipState::kRecording;
    status.seconds = entry.asked_seconds;
    status.recorded_ms = entry.saving ? entry.saving->duration_ms : std::max(facts.clip_recorded_ms, 0);
  } else if (entry.damaged || kept == store_.clips().end()) {
    status.state = ClipState::kFailed;
    status.reason = entry.failure ? entry.failure : control::make_reason("clip_damaged");
  } else if (!facts.headers.empty() && facts.headers != kept->second.headers) {
    status.state = ClipState::kStale;
    status.reason = entry.failure ? entry.failure : control::make_reason("clip_stale");
  } else {
    status.state = ClipState::kReady;
    status.reason = entry.failure;
  }
  return status;
}

}  // namespace sluice::manager
