// What a server's answers to a test mean.
#include "relay/connect_check.hpp"

#include <gtest/gtest.h>

#include "rtmp/chunk_writer.hpp"
#include "rtmp/command.hpp"
#include "rtmp/handshake.hpp"

namespace sluice::relay {
namespace {

constexpr Instant kNow{std::chrono::seconds{1000}};

Bytes handshake() {
  Bytes bytes(1 + 2 * rtmp::kHandshakeBlockBytes);
  bytes[0] = 3;
  return bytes;
}

Bytes chunked(const Bytes& payload) {
  rtmp::OutputBuffer out;
  rtmp::ChunkWriter writer;
  writer.write_absolute(out, {3, rtmp::kCommand, 0, 0, payload});
  const ByteView bytes = out.view();
  return {bytes.begin(), bytes.end()};
}

Bytes answer(std::string_view name, std::string_view level, std::string_view code) {
  Bytes payload = rtmp::begin_command(name, 1);
  rtmp::amf0::begin_object(payload);
  rtmp::amf0::put_key(payload, "fmsVer");
  rtmp::amf0::put_string(payload, "Test/1.0");
  rtmp::amf0::end_object(payload);
  rtmp::put_info(payload, level, code, "words");
  return chunked(payload);
}

ConnectCheck check() {
  return {*rtmp::parse_server_url("rtmp://h/live"), kNow};
}

FailureKind failure_after(std::initializer_list<Bytes> said, bool then_closed = false) {
  ConnectCheck one = check();
  for (const Bytes& bytes : said) one.received(bytes, kNow);
  if (then_closed) one.closed_by_peer();
  EXPECT_TRUE(one.outcome() && !*one.outcome());
  return one.outcome() && !*one.outcome() ? one.outcome()->error().kind : FailureKind::kStalled;
}

TEST(ConnectCheck, ends_with_the_servers_name_once_connect_is_accepted) {
  ConnectCheck one = check();
  one.received(handshake(), kNow);
  EXPECT_FALSE(one.outcome());
  one.sent(one.output().size());
  one.received(answer("_result", "status", "NetConnection.Connect.Success"), kNow);
  ASSERT_TRUE(one.outcome() && *one.outcome());
  EXPECT_EQ(**one.outcome(), "Test/1.0");
  one.closed_by_peer();
  EXPECT_TRUE(*one.outcome());
}

TEST(ConnectCheck, names_a_failure_as_a_stream_does) {
  EXPECT_EQ(failure_after({}, true), FailureKind::kHandshake);
  EXPECT_EQ(failure_after({handshake()}, true), FailureKind::kConnectRejected);
  EXPECT_EQ(failure_after({handshake(), answer("_error", "error", "NetConnection.Connect.Rejected")}),
            FailureKind::kConnectRejected);
  EXPECT_EQ(failure_after({handshake(), chunked(rtmp::begin_command("close", 0))}),
            FailureKind::kPlatformClosed);
  EXPECT_EQ(failure_after({handshake(), Bytes(64, 0xFF)}), FailureKind::kGarbage);
  EXPECT_EQ(failure_after({Bytes{'H', 'T', 'T', 'P'}}), FailureKind::kGarbage);
}

TEST(ConnectCheck, a_redirect_is_told_as_one) {
  Bytes payload = rtmp::begin_command("_error", 1);
  rtmp::amf0::put_null(payload);
  rtmp::amf0::begin_object(payload);
  rtmp::amf0::put_key(payload, "code");
  rtmp::amf0::put_string(payload, "NetConnection.Connect.Rejected");
  rtmp::amf0::put_key(payload, "ex");
  rtmp::amf0::begin_object(payload);
  rtmp::amf0::put_key(payload, "code");
  rtmp::amf0::put_number(payload, 302);
  rtmp::amf0::end_object(payload);
  rtmp::amf0::end_object(payload);
  EXPECT_EQ(failure_after({handshake(), chunked(payload)}), FailureKind::kRedirected);
}

}  // namespace
}  // namespace sluice::relay
