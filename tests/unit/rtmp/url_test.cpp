// Server URLs as people paste them.
#include "rtmp/url.hpp"

#include <gtest/gtest.h>

#include "rtmp/limits.hpp"

namespace sluice::rtmp {
namespace {

TEST(ServerUrl, parts_are_taken_byte_for_byte) {
  const auto url = parse_server_url("rtmps://b.rtmps.youtube.com:443/live2?backup=1");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "b.rtmps.youtube.com");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->app, "live2?backup=1");
  EXPECT_EQ(url->tc_url, "rtmps://b.rtmps.youtube.com/live2?backup=1");
}

TEST(ServerUrl, default_ports_are_left_out_of_tc_url_and_others_kept) {
  EXPECT_EQ(parse_server_url("rtmp://h/live")->port, 1935);
  EXPECT_EQ(parse_server_url("rtmp://h:1935/live")->tc_url, "rtmp://h/live");
  EXPECT_EQ(parse_server_url("rtmp://h:443/live")->tc_url, "rtmp://h:443/live");
  EXPECT_EQ(parse_server_url("rtmps://h:1935/live")->tc_url, "rtmps://h:1935/live");
  EXPECT_EQ(parse_server_url("RTMPS://h/live")->tc_url, "rtmps://h/live");
}

TEST(ServerUrl, slashes_in_the_app_are_kept) {
  EXPECT_EQ(parse_server_url("rtmp://h/rtmp/")->app, "rtmp/");
  EXPECT_EQ(parse_server_url("rtmp://h/a/b")->app, "a/b");
  EXPECT_EQ(parse_server_url("rtmp://h//x")->app, "/x");
}

TEST(ServerUrl, ipv6_hosts_lose_their_brackets_but_tc_url_keeps_them) {
  const auto url = parse_server_url("rtmp://[::1]:1936/live");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 1936);
  EXPECT_EQ(url->tc_url, "rtmp://[::1]:1936/live");
}

TEST(ServerUrl, each_mistake_has_its_own_error) {
  const auto error = [](std::string_view text) { return parse_server_url(text).error(); };
  EXPECT_EQ(error("http://h/live"), UrlError::kScheme);
  EXPECT_EQ(error(""), UrlError::kScheme);
  EXPECT_EQ(error("rtmp:///live"), UrlError::kHost);
  EXPECT_EQ(error("rtmp://[::1/live"), UrlError::kHost);
  EXPECT_EQ(error("rtmp://[::1]x/live"), UrlError::kHost);
  EXPECT_EQ(error("rtmp://h:/live"), UrlError::kPort);
  EXPECT_EQ(error("rtmp://h:0/live"), UrlError::kPort);
  EXPECT_EQ(error("rtmp://h:65536/live"), UrlError::kPort);
  EXPECT_EQ(error("rtmp://h:+1/live"), UrlError::kPort);
  EXPECT_EQ(error("rtmp://h"), UrlError::kApp);
  EXPECT_EQ(error("rtmp://h/"), UrlError::kApp);
  EXPECT_EQ(error("rtmp://h?x"), UrlError::kApp);
  EXPECT_EQ(error("rtmp://user:pass@h/live"), UrlError::kUserInfo);
  EXPECT_EQ(error("rtmp://h/li ve"), UrlError::kCharacters);
  EXPECT_EQ(error("rtmp://h/live\n"), UrlError::kCharacters);
}

TEST(ServerUrl, lengths_are_judged_at_their_edges) {
  const std::string start = "rtmp://h/";
  EXPECT_TRUE(parse_server_url(start + std::string(kMaxNameBytes, 'a')));
  EXPECT_EQ(parse_server_url(start + std::string(kMaxNameBytes + 1, 'a')).error(), UrlError::kTooLong);
  EXPECT_EQ(parse_server_url(start + std::string(kMaxTcUrlBytes, 'a')).error(), UrlError::kTooLong);
}

}  // namespace
}  // namespace sluice::rtmp
