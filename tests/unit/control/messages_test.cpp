// Control messages: every field survives, and nothing malformed is taken.
#include "control/messages.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "control/limits.hpp"
#include "os/channel.hpp"

namespace sluice::control {
namespace {

using Json = nlohmann::json;

std::string all_bytes() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
  return bytes;
}

const Reason kReason{"refused", "The platform said no.", {{"code", "NetStream.Publish.BadName"}, {"n", ""}}};

// One of each kind, no field left at its default.
std::vector<Message> one_of_each() {
  return {
      Hello{kProtocol, "0.1.0+abc", 4242, "relay", -7, 8, "h1", "00ff", ~std::uint64_t{0}, true},
      ConfigureRelay{3, "rtmp://host/app?" + all_bytes(), Secret(all_bytes()), "-----BEGIN\n", "h2",
                     "rtmps://backup/" + all_bytes()},
      UseRing{"00ff"},
      HoldPolicy{300, 0, true},
      UseClip{},
      SourceLost{},
      RetryNow{},
      End{},
      HandOver{},
      RelayState{StreamState::kRefused, kReason, 1'795'000'000'123, 1'795'000'001'000, true,
                 1'795'000'002'000},
      Listen{},
      SetSource{1, all_bytes(), Secret(all_bytes())},
      RemoveSource{2},
      AttachReader{1, 9},
      DetachReader{9},
      RecordClip{1, 15},
      Watch{6},
      PlayPolicy{true},
      ConfigHash{"h3"},
      RingOf{1, "00ff"},
      SourceFacts{1, "publishing", "h264", "aac", 1920, 1080, 29.97, 2000, 6000, 160, 48000, 2, 5,
                  "127.0.0.1:1", "OBS é", "a1b2", 5000, "127.0.0.2:3", false},
      ClipRecorded{1, "clip_no_key_frame", 9800, "a1b2"},
      RefusedPublish{"live\xff", Secret("k\xfe"), "127.0.0.1:2"},
      CarryStream{7},
      UseWake{},
      Probe{"rtmps://host/app?" + all_bytes(), "-----BEGIN\n"},
      ProbeStep{"tls", true, 12, "TLSv1.3", kReason, true},
  };
}

template <typename M>
M round_trip(const M& message) {
  const auto decoded = decode(encode(message));
  EXPECT_TRUE(decoded && std::holds_alternative<M>(*decoded));
  return decoded && std::holds_alternative<M>(*decoded) ? std::get<M>(*decoded) : M{};
}

TEST(ControlMessages, every_message_comes_back_as_itself_with_every_field) {
  for (const Message& message : one_of_each()) {
    const std::string text = encode(message);
    const auto decoded = decode(text);
    ASSERT_TRUE(decoded) << text;
    EXPECT_EQ(decoded->index(), message.index()) << text;
    // The encoding has every field, so equal encodings mean equal messages.
    EXPECT_EQ(encode(*decoded), text);
  }
  EXPECT_EQ(one_of_each().size(), std::variant_size_v<Message>);
}

TEST(ControlMessages, no_field_comes_back_as_its_default) {
  const auto hello = round_trip(std::get<Hello>(one_of_each()[0]));
  EXPECT_EQ(hello.build, "0.1.0+abc");
  EXPECT_EQ(hello.pid, 4242);
  EXPECT_EQ(hello.stream, -7);
  EXPECT_EQ(hello.pack, 8);
  EXPECT_EQ(hello.position, ~std::uint64_t{0});
  EXPECT_TRUE(hello.takes_viewers);
  EXPECT_EQ(round_trip(Watch{6}).source, 6);
  const auto state = round_trip(std::get<RelayState>(one_of_each()[9]));
  EXPECT_EQ(state.state, StreamState::kRefused);
  EXPECT_EQ(state.reason, kReason);
  EXPECT_EQ(state.next_try_at_ms, 1'795'000'001'000);
  const auto facts = round_trip(std::get<SourceFacts>(one_of_each()[20]));
  EXPECT_EQ(facts.frame_rate, 29.97);
  EXPECT_EQ(facts.audio_channels, 2);
  EXPECT_EQ(facts.software, "OBS é");
  EXPECT_EQ(facts.kept_out, "127.0.0.2:3");
  EXPECT_EQ(facts.b_frames, false);
}

TEST(ControlMessages, names_servers_and_keys_keep_every_byte) {
  const auto relay = round_trip(std::get<ConfigureRelay>(one_of_each()[1]));
  EXPECT_EQ(relay.key.reveal(), all_bytes());
  EXPECT_EQ(relay.server, "rtmp://host/app?" + all_bytes());
  const auto source = round_trip(std::get<SetSource>(one_of_each()[11]));
  EXPECT_EQ(source.app, all_bytes());
  EXPECT_EQ(source.key.reveal(), all_bytes());
  EXPECT_TRUE(round_trip(SetSource{1, "live", Secret()}).key.empty());
}

TEST(ControlMessages, a_state_without_a_reason_and_every_state_survive) {
  for (const auto state :
       {StreamState::kOff, StreamState::kWaiting, StreamState::kConnecting, StreamState::kLive,
        StreamState::kHolding, StreamState::kRetrying, StreamState::kRefused}) {
    const auto back = round_trip(RelayState{state, std::nullopt, 1, 0});
    EXPECT_EQ(back.state, state);
    EXPECT_FALSE(back.reason);
  }
  EXPECT_EQ(to_string(StreamState::kHolding), "holding");
}

TEST(ControlMessages, what_is_not_known_of_b_frames_stays_unknown) {
  EXPECT_EQ(round_trip(SourceFacts{}).b_frames, std::nullopt);
  SourceFacts facts;
  facts.b_frames = true;
  EXPECT_EQ(round_trip(facts).b_frames, true);
}

TEST(ControlMessages, what_a_stranger_said_is_cut_and_cleaned_but_never_makes_a_message_malformed) {
  SourceFacts facts;
  facts.software = std::string(kMaxTextBytes - 1, 'a') + "é and more";
  facts.address = "bad \xff\xfe utf-8";
  facts.frame_rate = std::nan("");
  const auto back = round_trip(facts);
  EXPECT_EQ(back.software, std::string(kMaxTextBytes - 1, 'a'));
  EXPECT_EQ(back.address, "bad  utf-8");
  EXPECT_EQ(back.frame_rate, 0.0);
}

TEST(ControlMessages, the_largest_configuration_fits_one_channel_message) {
  const ConfigureRelay largest{1,
                               std::string(kMaxServerBytes, 's'),
                               Secret(std::string(kMaxNameBytes, 'k')),
                               std::string(kMaxCertificateBytes, 'c'),
                               std::string(64, 'h'),
                               std::string(kMaxServerBytes, 'b')};
  EXPECT_LE(encode(largest).size(), os::kMaxChannelMessageBytes);
  EXPECT_EQ(round_trip(largest).tls_ca.size(), kMaxCertificateBytes);
}

TEST(ControlMessages, one_byte_above_a_limit_is_malformed) {
  const auto relay = [](std::size_t server, std::size_t key, std::size_t ca, std::size_t backup = 0) {
    return decode(encode(ConfigureRelay{1, std::string(server, 's'), Secret(std::string(key, 'k')),
                                        std::string(ca, 'c'), "", std::string(backup, 'b')}));
  };
  EXPECT_TRUE(relay(kMaxServerBytes, kMaxNameBytes, 0));
  EXPECT_FALSE(relay(kMaxServerBytes + 1, 0, 0));
  EXPECT_FALSE(relay(0, kMaxNameBytes + 1, 0));
  EXPECT_FALSE(relay(0, 0, kMaxCertificateBytes + 1));
  EXPECT_TRUE(relay(0, 0, 0, kMaxServerBytes));
  EXPECT_FALSE(relay(0, 0, 0, kMaxServerBytes + 1));
  EXPECT_FALSE(decode(R"({"type":"use_ring","ring_id":")" + std::string(kMaxTextBytes + 1, 'r') + "\"}"));
}

TEST(ControlMessages, text_that_is_no_message_is_malformed) {
  for (const char* text : {"", "{", "null", "3", "\"hello\"", "[]", "{}", "[{\"type\":\"end\"}]",
                           R"({"type":3})", R"({"type":"End"})", R"({"type":"nonsense"})",
                           R"({"type":"end"} x)", R"({"type":"use_ring","ring_id":)", "\xff\xfe"}) {
    EXPECT_FALSE(decode(text)) << text;
  }
  EXPECT_FALSE(decode(R"({"type":"end","x":")" + std::string(os::kMaxChannelMessageBytes, 'x') + "\"}"));
  EXPECT_FALSE(decode(std::string(os::kMaxChannelMessageBytes, '[')));
}

TEST(ControlMessages, a_field_that_is_missing_or_of_another_type_is_malformed) {
  for (const Message& message : one_of_each()) {
    const Json whole = Json::parse(encode(message));
    for (const auto& [name, value] : whole.items()) {
      Json without = whole;
      without.erase(name);
      const bool optional = name == "pack" || name == "b_frames" || name == "takes_viewers";
      EXPECT_EQ(decode(without.dump()).has_value(), optional) << without;
      Json other = whole;
      other[name] = Json::array({1});
      EXPECT_FALSE(decode(other.dump())) << other;
      other[name] = value.is_boolean() ? Json(1) : Json(true);
      EXPECT_FALSE(decode(other.dump())) << other;
    }
  }
}

TEST(ControlMessages, a_field_that_a_newer_build_added_is_ignored_or_has_its_default) {
  EXPECT_TRUE(decode(R"({"type":"end","later":{"x":1}})"));
  Json older = Json::parse(encode(one_of_each()[0]));
  older.erase("pack");
  older.erase("takes_viewers");
  const auto hello = std::get<Hello>(decode(older.dump()).value());
  EXPECT_EQ(hello.pack, 0);
  EXPECT_FALSE(hello.takes_viewers);
  SourceFacts facts;
  facts.b_frames = true;
  older = Json::parse(encode(facts));
  older.erase("b_frames");
  EXPECT_EQ(std::get<SourceFacts>(decode(older.dump()).value()).b_frames, std::nullopt);
}

TEST(ControlMessages, numbers_out_of_range_are_malformed) {
  const auto hello = [](const char* field, const Json& value) {
    Json json = Json::parse(encode(Hello{}));
    json[field] = value;
    return decode(json.dump()).has_value();
  };
  EXPECT_TRUE(hello("pid", 2147483647));
  EXPECT_FALSE(hello("pid", 2147483648));
  EXPECT_FALSE(hello("pid", 1.5));
  EXPECT_FALSE(hello("position", -1));
  EXPECT_TRUE(hello("stream", -1));
  EXPECT_FALSE(hello("stream", ~std::uint64_t{0}));
}

TEST(ControlMessages, bytes_that_are_no_hexadecimal_digits_are_malformed) {
  const auto source = [](const char* key) {
    return decode(std::string(R"({"type":"set_source","source":1,"app":"","key":")") + key + "\"}")
        .has_value();
  };
  EXPECT_TRUE(source("00ff"));
  EXPECT_FALSE(source("0"));
  EXPECT_FALSE(source("0g"));
  EXPECT_FALSE(source("0F"));
}

TEST(ControlMessages, a_malformed_reason_is_malformed) {
  const auto state = [](const Json& reason) {
    Json json = Json::parse(encode(RelayState{}));
    json["reason"] = reason;
    return decode(json.dump()).has_value();
  };
  EXPECT_TRUE(state({{"code", "c"}, {"text", "t"}, {"params", Json::array()}}));
  EXPECT_FALSE(state({{"code", "c"}, {"text", "t"}}));
  EXPECT_FALSE(state({{"code", 1}, {"text", "t"}, {"params", Json::array()}}));
  EXPECT_FALSE(state({{"code", "c"}, {"text", "t"}, {"params", Json::array({Json::array({"only"})})}}));
  EXPECT_FALSE(state("no"));
  Json many = Json::array();
  for (std::size_t i = 0; i <= kMaxReasonParams; ++i) many.push_back(Json::array({"n", "v"}));
  EXPECT_FALSE(state({{"code", "c"}, {"text", "t"}, {"params", many}}));
}

}  // namespace
}  // namespace sluice::control
