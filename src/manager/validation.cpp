// From a request's body to a checked stream or source. Runs in the manager.
#include "manager/validation.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <ranges>
#include <set>
#include <utility>
#include <vector>

#include "manager/hold.hpp"
#include "manager/pem.hpp"
#include "rtmp/url.hpp"

namespace sluice::manager {
namespace {

using nlohmann::json;

std::unexpected<Problem> wrong(std::string field, std::string detail) {
  return std::unexpected(Problem{422, std::move(detail), std::move(field), std::nullopt});
}

std::expected<json, Problem> parse_object(std::string_view body) {
  json object = json::parse(body, nullptr, false);
  if (object.is_discarded())
    return std::unexpected(Problem{400, "The body is not valid JSON.", "", std::nullopt});
  if (!object.is_object())
    return std::unexpected(Problem{400, "The body must be a JSON object.", "", std::nullopt});
  return object;
}

std::optional<std::int64_t> whole_number(const json& value) {
  const bool fits =
      value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX);
  return fits ? std::optional(value.get<std::int64_t>()) : std::nullopt;
}

// Reads the fields one after the other and keeps the first thing that is wrong.
class FieldReader {
 public:
  explicit FieldReader(const json& object) : object_(object) {}

  void read(const char* name, std::optional<std::string>& into) {
    if (const json* value = find(name)) {
      if (!value->is_string()) return fail(name, "must be a string");
      into = value->get<std::string>();
    }
  }
  void read(const char* name, std::optional<Secret>& into) {
    if (const json* value = find(name)) {
      if (!value->is_string()) return fail(name, "must be a string");
      into = Secret(value->get<std::string>());
    }
  }
  void read(const char* name, std::optional<std::int64_t>& into) {
    if (const json* value = find(name)) {
      into = whole_number(*value);
      if (!into) fail(name, "must be a whole number");
    }
  }
  void read(const char* name, std::optional<std::vector<std::int64_t>>& into) {
    if (const json* value = find(name)) {
      if (!value->is_array()) return fail(name, "must be an array");
      auto& numbers = into.emplace();
      for (const json& element : *value) {
        const auto number = whole_number(element);
        if (!number) return fail(name, "must hold whole numbers only");
        numbers.push_back(*number);
      }
    }
  }
  void read(const char* name, std::optional<SilentAudio>& into) {
    if (const json* value = find(name)) {
      if (value->is_string()) into = parse_silent_audio(value->get_ref<const std::string&>());
      if (!into) fail(name, R"(must be "auto", "on" or "off")");
    }
  }
  void read(const char* name, std::optional<bool>& into) {
    if (const json* value = find(name)) {
      if (!value->is_boolean()) return fail(name, "must be true or false");
      into = value->get<bool>();
    }
  }

  // REQUIRES: every known field has been read.
  std::expected<void, Problem> result() const {
    if (problem_) return std::unexpected(*problem_);
    for (const auto& [name, value] : object_.items()) {
      if (std::ranges::find(known_, name) == known_.end()) {
        return wrong(name.substr(0, kMaxPlatformBytes), "There is no such field.");
      }
    }
    return {};
  }

 private:
  const json* find(const char* name) {
    known_.emplace_back(name);
    const auto found = object_.find(name);
    return found == object_.end() ? nullptr : &*found;
  }
  void fail(const char* name, const std::string& what) {
    if (!problem_)
      problem_ = Problem{422, "The field " + std::string(name) + " " + what + ".", name, std::nullopt};
  }

  const json& object_;
  std::vector<std::string> known_;
  std::optional<Problem> problem_;
};

// C0, DEL and C1 (U+0080 to U+009F).
bool has_control_character(std::string_view utf8) {
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte == 0xC2 && i + 1 < utf8.size() && static_cast<unsigned char>(utf8[i + 1]) < 0xA0) return true;
  }
  return false;
}

std::expected<void, Problem> check_name(std::string_view name) {
  if (name.empty()) return wrong("name", "A name is needed.");
  if (name.size() > kMaxNameBytes) return wrong("name", "The name is longer than 200 bytes.");
  if (has_control_character(name)) return wrong("name", "The name must not hold control characters.");
  return {};
}

std::expected<void, Problem> check_server(const char* field, std::string_view server) {
  if (const auto url = rtmp::parse_server_url(server); !url) {
    return wrong(field, std::string(rtmp::sentence(url.error())));
  }
  return {};
}

std::expected<void, Problem> check_tls_ca(const std::string& pem) {
  if (pem.size() > kMaxTlsCaBytes) return wrong("tls_ca", "The certificates are larger than 64 KiB.");
  if (!pem.empty() && !holds_certificates(pem)) {
    return wrong("tls_ca", "This holds no certificate in PEM form (-----BEGIN CERTIFICATE-----).");
  }
  return {};
}

}  // namespace

std::expected<StreamPatch, Problem> parse_stream_patch(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return std::unexpected(object.error());
  StreamPatch patch;
  FieldReader reader(*object);
  reader.read("name", patch.name);
  reader.read("platform", patch.platform);
  reader.read("server", patch.server);
  reader.read("backup_server", patch.backup_server);
  reader.read("key", patch.key);
  reader.read("source", patch.source);
  reader.read("enabled", patch.enabled);
  reader.read("tls_ca", patch.tls_ca);
  reader.read("hold_s", patch.hold_s);
  reader.read("stop_grace_s", patch.stop_grace_s);
  reader.read("silent_audio", patch.silent_audio);
  reader.read("position", patch.position);
  if (auto result = reader.result(); !result) return std::unexpected(result.error());
  return patch;
}

std::expected<std::vector<std::int64_t>, Problem> parse_order(std::string_view body, const Streams& streams) {
  const auto object = parse_object(body);
  if (!object) return std::unexpected(object.error());
  std::optional<std::vector<std::int64_t>> ids;
  FieldReader reader(*object);
  reader.read("ids", ids);
  if (const auto result = reader.result(); !result) return std::unexpected(result.error());
  if (!ids) return wrong("ids", "The field ids is needed.");
  std::set<std::int64_t> seen;
  for (const std::int64_t id : *ids) {
    if (!streams.contains(id)) return wrong("ids", "There is no stream " + std::to_string(id) + ".");
    if (!seen.insert(id).second) return wrong("ids", "Stream " + std::to_string(id) + " stands there twice.");
  }
  return std::move(*ids);
}

std::expected<int, Problem> parse_clip_request(std::string_view body) {
  const auto object = parse_object(body.empty() ? "{}" : body);
  if (!object) return std::unexpected(object.error());
  std::optional<std::int64_t> seconds;
  FieldReader reader(*object);
  reader.read("seconds", seconds);
  if (const auto result = reader.result(); !result) return std::unexpected(result.error());
  const std::int64_t wanted = seconds.value_or(kDefaultClipSeconds);
  if (wanted < kMinClipSeconds || wanted > kMaxClipSeconds)
    return wrong("seconds", "A clip may have 5 to 15 seconds.");
  return static_cast<int>(wanted);
}

std::expected<LogQuery, Problem> parse_log_query(std::string_view query) {
  LogQuery wanted;
  for (const auto part : std::views::split(query, '&')) {
    if (part.empty()) continue;
    const std::string_view field(part.begin(), part.end());
    const std::string name(field.substr(0, field.find('=')));
    const std::string_view text = field.substr(std::min(name.size() + 1, field.size()));
    std::int64_t number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number = error == std::errc{} && end == text.data() + text.size() && number >= 0;
    if (name != "stream" && name != "source" && name != "after" && name != "limit")
      return wrong(name.substr(0, kMaxPlatformBytes), "There is no such filter.");
    if (!is_number) return wrong(name, name + " must be a whole number.");
    if (name == "stream") wanted.stream = number;
    if (name == "source") wanted.source = number;
    if (name == "after") wanted.after = number;
    if (name != "limit") continue;
    if (number < 1 || number > static_cast<std::int64_t>(kMaxLogEntries))
      return wrong(name, "At most 5000 entries are given, and at least one.");
    wanted.limit = static_cast<std::size_t>(number);
  }
  return wanted;
}

std::expected<SourcePatch, Problem> parse_source_patch(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return std::unexpected(object.error());
  SourcePatch patch;
  FieldReader reader(*object);
  reader.read("name", patch.name);
  reader.read("app", patch.app);
  reader.read("key", patch.key);
  if (auto result = reader.result(); !result) return std::unexpected(result.error());
  return patch;
}

std::expected<control::Probe, Problem> parse_probe_request(std::string_view body, const Streams& streams) {
  const auto object = parse_object(body);
  if (!object) return std::unexpected(object.error());
  std::optional<std::string> server, tls_ca;
  std::optional<std::int64_t> stream;
  FieldReader reader(*object);
  reader.read("server", server);
  reader.read("tls_ca", tls_ca);
  reader.read("stream", stream);
  if (const auto result = reader.result(); !result) return std::unexpected(result.error());
  if (!server) return wrong("server", "The field server is needed.");
  if (const auto checked = check_server("server", *server); !checked) return std::unexpected(checked.error());
  if (tls_ca) {
    if (const auto checked = check_tls_ca(*tls_ca); !checked) return std::unexpected(checked.error());
  }
  const auto found = stream ? streams.find(*stream) : streams.end();
  if (stream && found == streams.end()) return wrong("stream", "There is no such stream.");
  if (!tls_ca && stream) tls_ca = found->second.tls_ca;
  return control::Probe{std::move(*server), tls_ca.value_or("")};
}

Stream patched(Stream stream, StreamPatch patch) {
  if (patch.name) stream.name = std::move(*patch.name);
  if (patch.platform) stream.platform = std::move(*patch.platform);
  if (patch.server) stream.server = std::move(*patch.server);
  if (patch.backup_server) stream.backup_server = std::move(*patch.backup_server);
  if (patch.key) stream.key = std::move(*patch.key);
  if (patch.source) stream.source = *patch.source;
  if (patch.enabled) stream.enabled = *patch.enabled;
  if (patch.tls_ca) stream.tls_ca = std::move(*patch.tls_ca);
  if (patch.hold_s) stream.hold_s = *patch.hold_s;
  if (patch.stop_grace_s) stream.stop_grace_s = *patch.stop_grace_s;
  if (patch.silent_audio) stream.silent_audio = *patch.silent_audio;
  if (patch.position) stream.position = *patch.position;
  return stream;
}

Source patched(Source source, SourcePatch patch) {
  if (patch.name) source.name = std::move(*patch.name);
  if (patch.app) source.app = std::move(*patch.app);
  if (patch.key) source.key = std::move(*patch.key);
  return source;
}

bool is_platform_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxPlatformBytes && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::expected<void, Problem> check_stream(const Stream& stream, const Sources& sources) {
  if (auto name = check_name(stream.name); !name) return name;
  if (!is_platform_id(stream.platform)) {
    return wrong("platform", "A platform is 1 to 64 small letters, digits, hyphens and underscores.");
  }
  if (auto server = check_server("server", stream.server); !server) return server;
  if (!stream.backup_server.empty()) {
    if (auto backup = check_server("backup_server", stream.backup_server); !backup) return backup;
  }
  if (stream.key.size() > kMaxKeyBytes) return wrong("key", "The key is longer than 1024 bytes.");
  if (!sources.contains(stream.source)) return wrong("source", "There is no such source.");
  if (auto authority = check_tls_ca(stream.tls_ca); !authority) return authority;
  if (stream.hold_s < 0 || stream.hold_s > kMaxHoldSeconds)
    return wrong("hold_s", "A hold lasts 0 to 3600 seconds.");
  if (stream.stop_grace_s < 0 || stream.stop_grace_s > kMaxStopGraceSeconds)
    return wrong("stop_grace_s", "The time after a stop is 0 to 300 seconds.");
  if (stream.position < 1 || stream.position > kMaxPosition)
    return wrong("position", "A position is 1 to 1000000.");
  return {};
}

std::expected<void, Problem> check_source(const Source& source, const Sources& sources) {
  if (auto name = check_name(source.name); !name) return name;
  if (source.app.size() > kMaxKeyBytes) return wrong("app", "The app is longer than 1024 bytes.");
  if (source.key.size() > kMaxKeyBytes) return wrong("key", "The key is longer than 1024 bytes.");
  if (shares_address(source, sources)) {
    return std::unexpected(Problem{409, "Another source has this app and key.", "key", std::nullopt});
  }
  return {};
}

}  // namespace sluice::manager
