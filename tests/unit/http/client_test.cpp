// Addresses of sluiced as people type them.
#include "http/client.hpp"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

TEST(ParseOrigin, takes_host_and_port_of_a_plain_url) {
  const auto plain = parse_origin("http://127.0.0.1:8080");
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, 8080);
  EXPECT_EQ(parse_origin("http://localhost/")->port, 80);
  EXPECT_EQ(parse_origin("http://[::1]:81")->host, "::1");
}

TEST(ParseOrigin, explains_what_is_wrong) {
  for (const char* url : {"", "127.0.0.1:8080", "https://x", "http://", "http://:80", "http://h:0",
                          "http://h:70000", "http://h:8x", "http://h/path", "http://[::1", "http://u@h"}) {
    const auto origin = parse_origin(url);
    ASSERT_FALSE(origin.has_value()) << url;
    EXPECT_NE(origin.error().find("http://127.0.0.1:8080"), std::string::npos);
  }
}

}  // namespace
}  // namespace sluice::http
