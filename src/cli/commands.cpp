// The commands. Runs in the command line.
#include "cli/commands.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <map>
#include <utility>

namespace sluice::cli {
namespace {

using nlohmann::json;

std::string stream_path(StreamId id) {
  return fmt::format("/api/streams/{}", id);
}

Result<void> execute(const Status& status, const World& world) {
  auto sources = call(world.transport, world.language, "GET", "/api/sources");
  if (!sources) return std::unexpected(sources.error());
  auto streams = call(world.transport, world.language, "GET", "/api/streams");
  if (!streams) return std::unexpected(streams.error());
  if (status.json) {
    world.out << json{{"sources", std::move(*sources)}, {"streams", std::move(*streams)}}.dump(2) << "\n";
  } else {
    world.out << status_table(*sources, *streams, world.now(), world.language);
  }
  return {};
}

void put_into(json& fields, const HoldSettings& hold) {
  if (hold.hold_s) fields["hold_s"] = *hold.hold_s;
  if (hold.stop_grace_s) fields["stop_grace_s"] = *hold.stop_grace_s;
  if (hold.silent_audio) fields["silent_audio"] = *hold.silent_audio;
}

Result<void> execute(const Add& add, const World& world) {
  Secret key;
  if (!add.key_file.empty()) {
    auto read = world.read_key(add.key_file);
    if (!read) return std::unexpected(read.error());
    key = std::move(*read);
  }
  json fields{{"name", add.name},    {"platform", add.platform}, {"server", add.server},
              {"key", key.reveal()}, {"source", add.source},     {"enabled", add.on}};
  if (!add.backup_server.empty()) fields["backup_server"] = add.backup_server;
  put_into(fields, add.hold);
  const auto stream = call(world.transport, world.language, "POST", "/api/streams", fields);
  if (!stream) return std::unexpected(stream.error());
  world.out << "added " << stream_line(*stream, world.now(), world.language) << "\n";
  return {};
}

Result<void> execute(const Set& set, const World& world) {
  json fields = json::object();
  put_into(fields, set.hold);
  const auto stream = call(world.transport, world.language, "PUT", stream_path(set.id), fields);
  if (!stream) return std::unexpected(stream.error());
  world.out << hold_line(*stream) << "\n";
  return {};
}

Result<void> set_enabled(StreamId id, bool enabled, const World& world) {
  const auto stream = call(world.transport, world.language, "PUT", stream_path(id), {{"enabled", enabled}});
  if (!stream) return std::unexpected(stream.error());
  world.out << stream_line(*stream, world.now(), world.language) << "\n";
  return {};
}

Result<void> execute(const SwitchOn& on, const World& world) {
  return set_enabled(on.id, true, world);
}
Result<void> execute(const SwitchOff& off, const World& world) {
  return set_enabled(off.id, false, world);
}

Result<void> execute(const Retry& retry, const World& world) {
  const auto answer = call(world.transport, world.language, "POST", stream_path(retry.id) + "/retry");
  if (!answer) return std::unexpected(answer.error());
  world.out << "stream " << retry.id << ": trying now\n";
  return {};
}

// As the relay of the stream would go about it, but for the key.
Result<void> execute(const TestServer& test, const World& world) {
  json request{{"server", test.server}};
  if (test.id != 0) {
    const auto stream = call(world.transport, world.language, "GET", stream_path(test.id));
    if (!stream) return std::unexpected(stream.error());
    request = {{"server", stream->value("server", "")}, {"stream", test.id}};
  }
  const auto probe = call(world.transport, world.language, "POST", "/api/probe", request);
  if (!probe) return std::unexpected(probe.error());
  for (const json& step : probe->value("steps", json::array()))
    world.out << probe_line(step, world.language) << "\n";
  if (probe->value("ok", false)) return {};
  return std::unexpected(Failure{kRefused, std::string(probe_failed(world.language))});
}

Result<void> execute(const Remove& remove, const World& world) {
  const auto answer = call(world.transport, world.language, "DELETE", stream_path(remove.id));
  if (!answer) return std::unexpected(answer.error());
  world.out << "removed stream " << remove.id << "\n";
  return {};
}

// Says what changed. Counters change every second, and nobody could read that.
class EventLog {
 public:
  explicit EventLog(const World& world) : world_(world) {}

  void take(std::string_view event, const json& data) {
    if (event == "snapshot") {
      for (const json& source : data.value("sources", json::array())) source_changed(source);
      for (const json& stream : data.value("streams", json::array())) stream_changed(stream);
    } else if (event == "stream") {
      stream_changed(data);
    } else if (event == "source") {
      source_changed(data);
    } else if (event == "deleted") {
      const std::string kind = data.value("kind", "");
      last_.erase(kind + std::to_string(data.value("id", 0)));
      print(fmt::format("{} {}: removed", printable(kind), data.value("id", 0)));
    } else if (event == "refused") {
      print(fmt::format("publisher from {} refused: app '{}' with its key is no source",
                        printable(data.value("address", "")), printable(data.value("app", ""))));
    }
  }

 private:
  void stream_changed(const json& stream) {
    json what = json::array({stream.value("name", ""), stream.value("state", ""),
                             stream.value("reason", json()), stream.value("hold_until", json())});
    changed("stream", stream, std::move(what),
            [&] { return stream_line(stream, world_.now(), world_.language); });
  }

  void source_changed(const json& source) {
    const json clip = source.value("clip", json());
    const std::string clip_state = clip.is_object() ? clip.value("state", "") : "";
    json what = json::array({source.value("name", ""), source.value("state", ""),
                             !source.value("kept_out", json()).is_null(), clip_state});
    changed("source", source, std::move(what), [&] { return source_line(source, world_.language); });
  }

  template <typename Line>
  void changed(const std::string& kind, const json& object, json what, Line line) {
    json& last = last_[kind + std::to_string(object.value("id", 0))];
    if (last == what) return;
    last = std::move(what);
    print(line());
  }

  void print(const std::string& line) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(world_.now());
    const std::tm local = fmt::localtime(std::chrono::system_clock::to_time_t(seconds));
    world_.out << fmt::format("{:%H:%M:%S}  {}\n", local, line) << std::flush;
  }

  const World& world_;
  std::map<std::string, json> last_;
};

// Asks for a clip and follows it until it is there.
class ClipRecording {
 public:
  ClipRecording(const RecordClip& order, const World& world) : order_(order), world_(world) {}

  // false: it is over, and result() says how.
  bool take(std::string_view event, const json& data) {
    if (event == "snapshot") return ask();
    if (event != "source" || data.value("id", 0U) != order_.source) return true;
    const json clip = data.value("clip", json());
    const std::string state = clip.is_object() ? clip.value("state", "") : "";
    if (state == "recording") {
      tell(clip_text(clip, world_.language));
      begun_ = true;
      return world_.out.good();
    }
    if (!begun_) return true;  // of before it was asked for
    finish(clip, state);
    return false;
  }
  Result<void> result() const { return result_; }

 private:
  // Only once the events are being followed: nothing of what happens is missed.
  bool ask() {
    const auto answer =
        call(world_.transport, world_.language, "POST", fmt::format("/api/sources/{}/clip", order_.source),
             {{"seconds", order_.seconds}});
    if (!answer) result_ = std::unexpected(answer.error());
    return answer.has_value();
  }

  void finish(const json& clip, std::string_view state) {
    const bool made = state == "ready" && clip.value("reason", json()).is_null();
    const std::string text = clip_text(clip, world_.language);
    if (made) return tell(text);
    result_ = std::unexpected(Failure{kRefused, text.empty() ? "the clip was removed" : text});
  }

  // Each of them once: an event comes with every change of the source's counters.
  void tell(const std::string& text) {
    if (std::exchange(told_, text) != text)
      world_.out << "clip of source " << order_.source << ": " << text << std::endl;
  }

  RecordClip order_;
  const World& world_;
  bool begun_ = false;
  std::string told_;
  Result<void> result_;
};

Result<void> execute(const RecordClip& order, const World& world) {
  ClipRecording recording(order, world);
  bool over = false;
  const auto followed = world.transport.follow_events([&](std::string_view event, std::string_view text) {
    const json data = json::parse(text, nullptr, false);
    over = data.is_object() && !recording.take(event, data);
    return !over;
  });
  if (!over && !followed) return std::unexpected(Failure{kUnreachable, followed.error()});
  return recording.result();
}

Result<void> execute(const RemoveClip& remove, const World& world) {
  const auto answer =
      call(world.transport, world.language, "DELETE", fmt::format("/api/sources/{}/clip", remove.source));
  if (!answer) return std::unexpected(answer.error());
  world.out << "removed the clip of source " << remove.source << "\n";
  return {};
}

Result<void> execute(const Events& events, const World& world) {
  EventLog log(world);
  const auto followed = world.transport.follow_events([&](std::string_view event, std::string_view text) {
    const json data = json::parse(text, nullptr, false);
    if (!data.is_object()) return true;
    if (events.json) {
      world.out << json{{"event", event}, {"data", data}}.dump() << "\n" << std::flush;
    } else {
      log.take(event, data);
    }
    return world.out.good();
  });
  if (!followed) return std::unexpected(Failure{kUnreachable, followed.error()});
  return {};
}

std::string local_time(const json& entry) {
  const WallTime at = log_time(entry);
  const std::tm local =
      fmt::localtime(std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(at)));
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", local);
}

Result<void> execute(const Log& log, const World& world) {
  std::string path = "/api/log?limit=5000";
  if (log.stream) path += fmt::format("&stream={}", *log.stream);
  const auto entries = call(world.transport, world.language, "GET", path);
  if (!entries) return std::unexpected(entries.error());
  for (const json& entry : *entries) {
    if (log.json) {
      world.out << entry.dump() << "\n";
    } else {
      world.out << local_time(entry) << "  " << log_line(entry, world.language) << "\n";
    }
  }
  return {};
}

}  // namespace

Result<void> run(const Command& command, const World& world) {
  return std::visit([&](const auto& chosen) { return execute(chosen, world); }, command);
}

}  // namespace sluice::cli
