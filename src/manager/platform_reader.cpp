// One function per kind of value, put together to the shape of a catalogue. Runs in the manager.
#include "manager/platform_reader.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <span>
#include <utility>

#include "manager/validation.hpp"
#include "rtmp/url.hpp"

namespace sluice::manager {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMaxShownBytes = 64;  // of a file's own words in our sentence
constexpr std::size_t kMaxUrlBytes = 1024;

struct Fault {
  std::string where;  // ".video.kbps", empty for the value itself
  std::string what;   // "must be …"
};
// Not the API's Json, whose objects are lists: one of a hundred thousand members would take minutes.
using Value = nlohmann::json;
using Checked = std::expected<void, Fault>;
using Rule = Checked (*)(const Value&);

std::unexpected<Fault> must_be(std::string what) {
  return std::unexpected(Fault{"", "must be " + std::move(what)});
}

Checked within(const std::string& place, Checked checked) {
  if (!checked) checked.error().where.insert(0, place);
  return checked;
}

// ---- plain values --------------------------------------------------------------------------------------

template <std::size_t kMaxCharacters>
Checked text(const Value& value) {
  const auto characters = [](const std::string& utf8) {
    return std::ranges::count_if(utf8,
                                 [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  };
  if (value.is_string()) {
    const auto count = static_cast<std::size_t>(characters(value.get_ref<const std::string&>()));
    if (count >= 1 && count <= kMaxCharacters) return {};
  }
  return must_be("a text of 1 to " + std::to_string(kMaxCharacters) + " characters");
}

Checked flag(const Value& value) {
  if (!value.is_boolean()) return must_be("true or false");
  return {};
}

template <std::uint64_t kLowest, std::uint64_t kHighest>
Checked whole(const Value& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number >= kLowest && number <= kHighest) return {};
  }
  return must_be("a whole number from " + std::to_string(kLowest) + " to " + std::to_string(kHighest));
}

Checked seconds(const Value& value) {
  if (!value.is_number() || value.get<double>() < 0.1 || value.get<double>() > 60) {
    return must_be("a number from 0.1 to 60");
  }
  return {};
}

Checked hours(const Value& value) {
  if (!value.is_number() || value.get<double>() < 1 || value.get<double>() > 1000) {
    return must_be("a number from 1 to 1000");
  }
  return {};
}

bool is_url_text(std::string_view text) {
  return text.size() <= kMaxUrlBytes &&
         std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F; });
}

bool begins_as_rtmp(std::string_view text) {
  return text.starts_with("rtmp://") || text.starts_with("rtmps://");
}

Checked server_url(const Value& value) {
  if (!value.is_string() || !begins_as_rtmp(value.get_ref<const std::string&>())) {
    return must_be("an address that begins with rtmp:// or rtmps://");
  }
  const std::string& url = value.get_ref<const std::string&>();
  if (!is_url_text(url)) return must_be("at most 1024 bytes without spaces");
  if (const auto parsed = rtmp::parse_server_url(url); !parsed) {
    return std::unexpected(Fault{"", "is no server: " + std::string(rtmp::sentence(parsed.error()))});
  }
  return {};
}

// Not a server: some of it stands for what differs from person to person.
Checked server_form(const Value& value) {
  if (!value.is_string() || !begins_as_rtmp(value.get_ref<const std::string&>()) ||
      !is_url_text(value.get_ref<const std::string&>())) {
    return must_be("a text without spaces that begins with rtmp:// or rtmps://");
  }
  return {};
}

// The page makes a link of it, so nothing but https will do.
Checked web_address(const Value& value) {
  constexpr auto kScheme = "https://"sv;
  if (value.is_string()) {
    const std::string& url = value.get_ref<const std::string&>();
    if (url.starts_with(kScheme) && is_url_text(url) && url.size() > kScheme.size() &&
        url[kScheme.size()] != '/') {
      return {};
    }
  }
  return must_be("an address without spaces that begins with https://");
}

Checked platform_id(const Value& value) {
  if (!value.is_string() || !is_platform_id(value.get_ref<const std::string&>())) {
    return must_be("1 to 64 small letters, digits, hyphens and underscores");
  }
  if (value == "custom") return must_be("another name than “custom”, which is any other server");
  return {};
}

constexpr std::array kRtmps{"required"sv, "optional"sv, "unknown"sv};
constexpr std::array kVideoCodecs{"h264"sv, "hevc"sv, "vvc"sv, "av1"sv, "vp8"sv, "vp9"sv};
constexpr std::array kAudioCodecs{"aac"sv, "mp3"sv, "opus"sv, "flac"sv, "ac3"sv, "eac3"sv};

template <const auto& kWords>
Checked one_of(const Value& value) {
  if (value.is_string()) {
    if (std::ranges::find(kWords, value.get_ref<const std::string&>()) != kWords.end()) return {};
  }
  std::string words;
  for (const std::string_view word : kWords) words += (words.empty() ? "“" : ", “") + std::string(word) + "”";
  return must_be("one of " + words);
}

// ---- values that hold others ---------------------------------------------------------------------------

template <Rule kRule>
Checked or_null(const Value& value) {
  if (value.is_null()) return {};
  Checked checked = kRule(value);
  if (!checked && checked.error().where.empty()) checked.error().what += ", or null";
  return checked;
}

template <Rule kRule, std::size_t kLeast, std::size_t kMost>
Checked list(const Value& value) {
  if (!value.is_array() || value.size() < kLeast || value.size() > kMost) {
    return must_be("a list of " + std::to_string(kLeast) + " to " + std::to_string(kMost) + " entries");
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (Checked checked = kRule(value[i]); !checked) {
      return within("[" + std::to_string(i) + "]", std::move(checked));
    }
  }
  return {};
}

struct Member {
  std::string_view name;
  Rule rule;
};

Checked check_members(const Value& value, std::span<const Member> members) {
  if (!value.is_object()) return must_be("an object");
  for (const auto& [name, rule] : members) {
    const std::string place = "." + std::string(name);
    const auto found = value.find(name);
    if (found == value.end()) return std::unexpected(Fault{place, "is missing"});
    if (Checked checked = rule(*found); !checked) return within(place, std::move(checked));
  }
  for (const auto& [name, ignored] : value.items()) {
    if (std::ranges::find(members, name, &Member::name) == members.end()) {
      return std::unexpected(Fault{"." + name.substr(0, kMaxShownBytes), "is no field of a catalogue"});
    }
  }
  return {};
}

template <const auto& kMembers>
Checked object(const Value& value) {
  return check_members(value, kMembers);
}

// ---- the catalogue -------------------------------------------------------------------------------------

constexpr std::array kServer{Member{"name", text<64>}, Member{"url", server_url}};
constexpr std::array kWords{Member{"en", text<1000>}, Member{"fr", text<1000>}};
constexpr std::array kLink{Member{"en", text<200>}, Member{"fr", text<200>}, Member{"url", web_address}};
constexpr std::array kBitrate{Member{"max_height", or_null<whole<1, 16384>>},
                              Member{"max_fps", or_null<whole<1, 1000>>}, Member{"kbps", whole<1, 1000000>}};
constexpr std::array kVideo{
    Member{"codecs", list<one_of<kVideoCodecs>, 1, 8>},
    Member{"max_kbps", list<object<kBitrate>, 0, 32>},
    Member{"key_frame_max_s", or_null<seconds>},
    Member{"key_frame_advised_s", or_null<seconds>},
    Member{"b_frames", flag},
    Member{"portrait", flag},
    Member{"max_fps", or_null<whole<1, 1000>>},
};
constexpr std::array kAudio{
    Member{"codecs", list<one_of<kAudioCodecs>, 1, 8>},
    Member{"max_kbps", or_null<whole<1, 10000>>},
    Member{"sample_rates", list<whole<8000, 192000>, 0, 16>},
    Member{"required", flag},
};
constexpr std::array kPlatform{
    Member{"id", platform_id},
    Member{"name", text<64>},
    Member{"servers", list<object<kServer>, 0, 64>},
    Member{"server_form", or_null<server_form>},
    Member{"backup_servers", list<object<kServer>, 0, 64>},
    Member{"rtmps", one_of<kRtmps>},
    Member{"session_server", flag},
    Member{"video", object<kVideo>},
    Member{"audio", object<kAudio>},
    Member{"max_hours", or_null<hours>},
    Member{"key", object<kWords>},
    Member{"notes", list<object<kWords>, 0, 16>},
    Member{"links", list<object<kLink>, 0, 16>},
};

Checked platform(const Value& value) {
  Checked checked = object<kPlatform>(value);
  if (checked || !value.is_object()) return checked;
  // Nobody counts to the seventeenth platform of a file.
  if (const auto id = value.find("id"); id != value.end() && platform_id(*id)) {
    checked.error().what += " (platform “" + id->get_ref<const std::string&>() + "”)";
  }
  return checked;
}

constexpr std::array kCatalogue{Member{"$schema", text<1024>}, Member{"platforms", list<platform, 1, 256>}};

Checked each_id_once(const Value& platforms) {
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < platforms.size(); ++i) {
    const auto& id = platforms[i]["id"].get_ref<const std::string&>();
    if (!ids.insert(id).second) {
      return std::unexpected(Fault{".platforms[" + std::to_string(i) + "].id",
                                   "must be another one: “" + id + "” is there already"});
    }
  }
  return {};
}

std::string place_of(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, byte == 0 ? 0 : byte - 1);
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::size_t line_begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return "line " + std::to_string(line) + ", byte " + std::to_string(before.size() - line_begin + 1);
}

// The library tells the place of an error by an exception only.
std::expected<Value, std::string> parse(std::string_view text) {
  try {
    return Value::parse(text);
  } catch (const Value::exception& error) {
    const auto* syntax = dynamic_cast<const Value::parse_error*>(&error);
    return std::unexpected("it is not valid JSON" +
                           (syntax == nullptr ? "" : " at " + place_of(text, syntax->byte)));
  }
}

}  // namespace

std::expected<Json, std::string> read_platforms(std::string_view text) {
  if (text.size() > kMaxPlatformsBytes) return std::unexpected("it is larger than 1 MiB");
  // Never copied before it is checked: to copy a million nested brackets would take a stack as deep.
  auto catalogue = parse(text);
  if (!catalogue) return std::unexpected(catalogue.error());
  Checked checked = object<kCatalogue>(*catalogue);
  if (checked) checked = each_id_once((*catalogue)["platforms"]);
  if (!checked) {
    const auto& [where, what] = checked.error();
    return std::unexpected((where.empty() ? "the whole" : where.substr(1)) + " " + what);
  }
  return std::move(Json::parse(text)["platforms"]);  // in the file's order
}

}  // namespace sluice::manager
