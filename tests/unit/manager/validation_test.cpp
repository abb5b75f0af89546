// Which bodies are taken, and which field is named when not.
#include "manager/validation.hpp"

#include <gtest/gtest.h>

namespace sluice::manager {
namespace {

const Sources kSources{{1, {.id = 1, .name = "OBS", .app = "live", .key = Secret{}}}};

// The field of the first problem; "" when there is none; "400" when it is no JSON object.
std::string wrong_field(const std::string& body) {
  auto patch = parse_stream_patch(body);
  if (!patch) return patch.error().status == 400 ? "400" : patch.error().field;
  Stream stream;
  stream.name = "A";
  stream.server = "rtmp://host/app";
  const auto checked = check_stream(patched(stream, std::move(*patch)), kSources);
  if (checked) return "";
  EXPECT_EQ(checked.error().status, 422);
  EXPECT_FALSE(checked.error().detail.empty());
  return checked.error().field;
}

std::string field(const std::string& name, const std::string& value) {
  return "{\"" + name + "\": " + value + "}";
}
std::string text(std::size_t size) {
  return "\"" + std::string(size, 'x') + "\"";
}

TEST(StreamValidation, takes_what_the_contract_allows) {
  for (const std::string& body :
       {std::string("{}"), field("enabled", "true"), field("name", text(200)), field("name", "\" Grüße \""),
        field("key", text(1024)), field("key", R"("\u0000 &?=ä")"), field("source", "1"),
        field("tls_ca", "\"\""), field("server", "\"rtmps://live-api-s.facebook.com:443/rtmp/\""),
        field("backup_server", "\"rtmp://backup/app\""), field("backup_server", "\"\""),
        field("platform", "\"tik-tok_2\""), field("hold_s", "0"), field("hold_s", "3600"),
        field("stop_grace_s", "0"), field("stop_grace_s", "300"), field("silent_audio", "\"auto\""),
        field("silent_audio", "\"on\""), field("silent_audio", "\"off\"")}) {
    EXPECT_EQ(wrong_field(body), "") << body;
  }
}

TEST(StreamValidation, names_the_field_that_is_wrong) {
  const std::vector<std::pair<std::string, std::string>> table{
      {field("name", "\"\""), "name"},
      {field("name", text(201)), "name"},
      {field("name", "1"), "name"},
      {field("name", "null"), "name"},
      {field("name", R"("a\u0000b")"), "name"},
      {field("name", R"("a\nb")"), "name"},
      {field("name", R"("a\u0085b")"), "name"},
      {field("name", R"("a\u007fb")"), "name"},
      {field("platform", "\"\""), "platform"},
      {field("platform", "\"a b\""), "platform"},
      {field("platform", text(65)), "platform"},
      {field("server", "\"\""), "server"},
      {field("server", "\"http://host/app\""), "server"},
      {field("server", "\" rtmp://host/app\""), "server"},
      {field("server", "[]"), "server"},
      {field("backup_server", "\"http://host/app\""), "backup_server"},
      {field("backup_server", "\" \""), "backup_server"},
      {field("backup_server", "null"), "backup_server"},
      {field("key", text(1025)), "key"},
      {field("key", "7"), "key"},
      {field("source", "2"), "source"},
      {field("source", "0"), "source"},
      {field("source", "1.5"), "source"},
      {field("source", "\"1\""), "source"},
      {field("source", "18446744073709551615"), "source"},
      {field("enabled", "1"), "enabled"},
      {field("enabled", "\"true\""), "enabled"},
      {field("tls_ca", "\"no certificate\""), "tls_ca"},
      {field("tls_ca", R"("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")"), "tls_ca"},
      {field("tls_ca", text(65537)), "tls_ca"},
      {field("hold_s", "-1"), "hold_s"},
      {field("hold_s", "3601"), "hold_s"},
      {field("hold_s", "4294967296"), "hold_s"},
      {field("hold_s", "1.5"), "hold_s"},
      {field("hold_s", "null"), "hold_s"},
      {field("hold_s", "\"60\""), "hold_s"},
      {field("stop_grace_s", "-1"), "stop_grace_s"},
      {field("stop_grace_s", "301"), "stop_grace_s"},
      {field("stop_grace_s", "true"), "stop_grace_s"},
      {field("silent_audio", "\"On\""), "silent_audio"},
      {field("silent_audio", "\"\""), "silent_audio"},
      {field("silent_audio", "true"), "silent_audio"},
      {field("silent_audio", "null"), "silent_audio"},
      {field("hold_until", "null"), "hold_until"},
      {field("state", "\"live\""), "state"},
      {field("Enabled", "true"), "Enabled"},
  };
  for (const auto& [body, expected] : table) EXPECT_EQ(wrong_field(body), expected) << body.substr(0, 80);
}

TEST(StreamValidation, what_is_no_json_object_is_400) {
  for (const char* body : {"", "{", "[]", "1", "enabled=true", "{\"name\": \"\xff\"}", "{} {}"}) {
    EXPECT_EQ(wrong_field(body), "400") << body;
  }
}

TEST(StreamValidation, a_new_stream_needs_name_and_server) {
  EXPECT_EQ(check_stream(Stream{}, kSources).error().field, "name");
  Stream named;
  named.name = "A";
  EXPECT_EQ(check_stream(named, kSources).error().field, "server");
}

TEST(StreamValidation, what_is_given_of_a_hold_is_taken_and_the_rest_stays) {
  Stream stream;
  stream.stop_grace_s = 7;
  auto patch = parse_stream_patch(R"({"hold_s": 300, "silent_audio": "off"})");
  ASSERT_TRUE(patch.has_value());
  EXPECT_FALSE(patch->concerns_relay());
  stream = patched(std::move(stream), std::move(*patch));
  EXPECT_EQ(stream.hold_s, 300);
  EXPECT_EQ(stream.stop_grace_s, 7);
  EXPECT_EQ(stream.silent_audio, SilentAudio::kOff);
}

TEST(SourceValidation, app_and_key_may_be_empty_but_not_another_sources) {
  Source source{.id = 0, .name = "B", .app = "live", .key = Secret("k")};
  EXPECT_TRUE(check_source(source, kSources).has_value());
  source.key = Secret{};
  EXPECT_EQ(check_source(source, kSources).error().status, 409);
  source.app = "";
  EXPECT_TRUE(check_source(source, kSources).has_value());
  source.app = std::string(1025, 'x');
  EXPECT_EQ(check_source(source, kSources).error().field, "app");
}

TEST(SourceValidation, a_source_may_keep_its_own_address) {
  EXPECT_TRUE(check_source(kSources.at(1), kSources).has_value());
}

}  // namespace
}  // namespace sluice::manager
