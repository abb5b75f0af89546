// Which requests may drive the API.
#include "http/origin.hpp"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

using Result = std::expected<void, OriginError>;

Result check(const Headers& headers) {
  return check_origin(headers, {"studio.example"});
}

void expect_error(const Headers& headers, OriginError error) {
  const Result result = check(headers);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error(), error);
}

TEST(Origin, ip_literals_localhost_and_allowed_names_are_served_on_any_port) {
  for (const char* host : {"127.0.0.1", "127.0.0.1:8080", "192.168.1.7:80", "[::1]:8080", "[fd00::1]",
                           "localhost", "LOCALHOST:9", "studio.example:8080", "Studio.Example"}) {
    EXPECT_TRUE(check({{"Host", host}}).has_value()) << host;
  }
}

TEST(Origin, a_rebound_dns_name_is_refused) {
  for (const char* host : {"evil.example", "evil.example:8080", "localhost.evil.example",
                           "127.0.0.1.evil.example", "127.1", "0x7f000001", "[evil.example]"}) {
    expect_error({{"Host", host}}, OriginError::kForeignHost);
  }
}

TEST(Origin, a_request_needs_exactly_one_host_that_parses) {
  expect_error({}, OriginError::kNoHost);
  expect_error({{"Host", "127.0.0.1"}, {"host", "localhost"}}, OriginError::kNoHost);
  for (const char* host : {"", ":80", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:123456", "[::1", "[::1]x"}) {
    expect_error({{"Host", host}}, OriginError::kNoHost);
  }
}

TEST(Origin, an_origin_must_be_the_host_and_port_of_the_request) {
  EXPECT_TRUE(check({{"Host", "127.0.0.1:8080"}, {"Origin", "http://127.0.0.1:8080"}}).has_value());
  EXPECT_TRUE(check({{"Host", "[::1]:8080"}, {"Origin", "http://[::1]:8080"}}).has_value());
  EXPECT_TRUE(check({{"Host", "studio.example"}, {"Origin", "https://studio.example"}}).has_value());
  EXPECT_TRUE(check({{"Host", "localhost"}, {"Origin", "http://localhost:80"}}).has_value());
  for (const char* origin : {"null", "", "http://evil.example", "http://127.0.0.1:8081", "http://127.0.0.1",
                             "http://localhost:8080", "ftp://127.0.0.1:8080", "127.0.0.1:8080"}) {
    expect_error({{"Host", "127.0.0.1:8080"}, {"Origin", origin}}, OriginError::kForeignOrigin);
  }
}

TEST(Origin, one_foreign_origin_among_two_is_enough_to_refuse) {
  expect_error({{"Host", "localhost"}, {"Origin", "http://localhost"}, {"origin", "http://evil.example"}},
               OriginError::kForeignOrigin);
}

TEST(Origin, what_another_sites_page_asks_for_without_an_origin_is_refused) {
  for (const char* site : {"cross-site", "same-site", "Cross-Site"}) {
    const Result result = check_site({{"Host", "localhost"}, {"Sec-Fetch-Site", site}});
    ASSERT_FALSE(result.has_value()) << site;
    EXPECT_EQ(result.error(), OriginError::kForeignSite);
    EXPECT_FALSE(sentence(result.error()).empty());
  }
  EXPECT_FALSE(check_site({{"sec-fetch-site", "none"}, {"sec-fetch-site", "cross-site"}}).has_value());
}

TEST(Origin, our_own_page_the_address_bar_and_programs_are_no_other_site) {
  EXPECT_TRUE(check_site({{"Host", "localhost"}}).has_value());
  EXPECT_TRUE(check_site({{"Sec-Fetch-Site", "none"}}).has_value());
  EXPECT_TRUE(check_site({{"Sec-Fetch-Site", "same-origin"}}).has_value());
}

}  // namespace
}  // namespace sluice::http
