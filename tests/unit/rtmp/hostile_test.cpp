// Peers that mean harm, or whose bytes are damaged. One test for each class of bug that other servers had.
#include <gtest/gtest.h>

#include <cmath>

#include "wire.hpp"

namespace sluice::rtmp::test {
namespace {

using Strings = std::vector<std::string>;

std::optional<ProtocolError> error_of(const Wire& wire) {
  return replay(wire.bytes())->error;
}

TEST(Hostile, announced_lengths_take_no_memory_and_long_ones_are_refused_before_publish) {
  Wire wire;
  wire.handshake();
  for (int i = 0; i < 63; ++i) wire.raw({0x00, i, 0, 0, 0, 0x01, 0x00, 0x00, 9, 1, 0, 0, 0}).raw(filled(128));
  Recorder server;
  EXPECT_TRUE(server.feed(wire.bytes()));  // 64 KiB each: allowed, and 128 bytes kept of each
  wire.raw({0x04, 0, 0, 0, 0x01, 0x00, 0x01, 9, 1, 0, 0, 0});
  Recorder other;
  EXPECT_FALSE(other.feed(wire.bytes()));
  EXPECT_EQ(other.error, ProtocolError::kMessageTooLong);
}

TEST(Hostile, a_stranger_cannot_have_much_kept_of_half_read_messages) {
  Recorder server;
  Wire wire;
  wire.handshake();
  ASSERT_TRUE(server.feed(wire.chunk_size(32768).bytes()));
  std::size_t taken = 0;
  for (int i = 0; i < 40 && !server.error; ++i) {
    server.feed(Wire().raw({0x00, i, 0, 0, 0, 0x01, 0x00, 0x00, 9, 1, 0, 0, 0}).raw(filled(32768)).bytes());
    taken += server.error ? 0U : 32768U;
  }
  EXPECT_EQ(server.error, ProtocolError::kTooMuchPartialData);
  EXPECT_LE(taken, kMaxPartialBytesBeforePublish);
}

TEST(Hostile, half_read_messages_of_all_streams_together_are_bounded) {
  Recorder server;
  ASSERT_TRUE(server.feed(Wire().open().chunk_size(1U << 20U).bytes()));
  const Bytes megabyte(1U << 20U, 7);
  std::size_t taken = 0;
  for (int i = 0; i < 40 && server.error == std::nullopt; ++i) {
    server.feed(Wire().raw({0x00, i, 0, 0, 0, 0xFF, 0xFF, 0xFF, 9, 1, 0, 0, 0}).raw(megabyte).bytes());
    taken += server.error ? 0U : megabyte.size();
  }
  EXPECT_EQ(server.error, ProtocolError::kTooMuchPartialData);
  EXPECT_EQ(taken, kMaxPartialBytes);
}

TEST(Hostile, largest_message_passes_after_publish_even_in_chunks_of_one_byte) {
  Recorder server;
  ASSERT_TRUE(server.feed(Wire().open().chunk_size(1).bytes()));
  const Bytes payload(2U << 20U, 0x27);
  Bytes bytes{0x06, 0, 0, 0, 0x20, 0x00, 0x00, 9, 1, 0, 0, 0};
  for (std::size_t i = 0; i < payload.size(); ++i) {
    if (i > 0) bytes.push_back(0xC6);
    bytes.push_back(payload[i]);
  }
  ASSERT_TRUE(server.feed(bytes));
  EXPECT_EQ(server.events.back(), line_of({media::MessageKind::kVideo, 0, payload}));

  Recorder whole;
  ASSERT_TRUE(whole.feed(Wire().open().chunk_size(kMaxChunkBytes).bytes()));
  const Bytes largest(kMaxMessageBytes, 0x27);
  ASSERT_TRUE(whole.feed(Wire().chunk_size(kMaxChunkBytes).message(kVideo, 0, largest).bytes()));
  EXPECT_EQ(whole.counts[9], 1U);
}

TEST(Hostile, names_are_judged_at_their_edge_and_never_cut) {
  const std::string longest(kMaxNameBytes, 'k');
  const auto publish = [](const std::string& app, const std::string& key) {
    auto server = std::make_unique<Recorder>();
    server->feed(Wire().handshake().connect(app).call("createStream", 2).publish(key).bytes());
    return server;
  };
  EXPECT_EQ(publish(longest, longest)->request->key.size(), kMaxNameBytes);
  EXPECT_EQ(publish(longest + "k", "k")->error, ProtocolError::kNameTooLong);
  const auto key_too_long = publish("live", longest + "k");
  EXPECT_EQ(key_too_long->error, ProtocolError::kNameTooLong);
  EXPECT_TRUE(key_too_long->events.empty());
  EXPECT_EQ(Received(key_too_long->sent).codes().back(), "NetStream.Publish.Denied");
}

TEST(Hostile, every_argument_of_every_command_may_have_any_type) {
  const double numbers[] = {0, 1, -1, 1e300, std::nan(""), HUGE_VAL};
  std::vector<Bytes> values;
  for (const double number : numbers) amf0::put_number(values.emplace_back(), number);
  amf0::put_bool(values.emplace_back(), false);
  amf0::put_string(values.emplace_back(), "text");
  amf0::put_null(values.emplace_back());
  amf0::put_undefined(values.emplace_back());
  values.push_back({0x0A, 0, 0, 0, 0});
  values.push_back({0x03, 0, 0, 9});
  values.push_back({0x11, 1});
  for (const char* name :
       {"connect", "createStream", "publish", "play", "deleteStream", "closeStream", "FCPublish",
        "FCUnpublish", "releaseStream", "getStreamLength", "_checkbw", "nonsense"}) {
    for (const Bytes& transaction : values) {
      for (const Bytes& argument : values) {
        Bytes payload;
        amf0::put_string(payload, name);
        append(payload, transaction);
        append(payload, argument);
        append(payload, argument);
        Recorder server;
        server.feed(
            Wire().open().command(payload, 1).command(payload, 1).message(kVideo, 0, filled(10)).bytes());
        Recorder fresh;
        fresh.feed(Wire().handshake().command(payload).command(payload).bytes());
        EXPECT_TRUE(fresh.events.empty());
      }
    }
  }
}

TEST(Hostile, commands_in_any_order_never_publish_without_connect) {
  Bytes empty_object = begin_command("connect", 1);
  append(empty_object, Bytes{3, 0, 0, 9});
  const auto add = [&](Wire& wire, int which) {
    switch (which) {
      case 0:
        wire.command(empty_object);
        break;
      case 1:
        wire.call("createStream", 2);
        break;
      case 2:
        wire.call("publish", 3, "k", 1);
        break;
      case 3:
        wire.call("play", 4, "k", 1);
        break;
      case 4:
        wire.call_number("deleteStream", 5, 1);
        break;
      case 5:
        wire.call("FCUnpublish", 6, "k");
        break;
      case 6:
        wire.message(kVideo, 0, Bytes{0x17, 1});
        break;
      default:
        wire.message(kData, 0, Bytes{2, 0, 1, 'x'});
        break;
    }
  };
  for (int script = 0; script < 8 * 8 * 8 * 8 * 8; ++script) {
    Wire wire;
    wire.handshake();
    bool connected = false;
    bool asked_before_connect = false;
    for (int rest = script, i = 0; i < 5; ++i, rest /= 8) {
      const int which = rest % 8;
      connected = connected || which == 0;
      asked_before_connect = asked_before_connect || (!connected && (which == 2 || which == 3));
      add(wire, which);
    }
    Recorder server;
    server.feed(wire.bytes());
    if (asked_before_connect) {
      EXPECT_TRUE(server.events.empty());
      EXPECT_EQ(server.error, ProtocolError::kUnexpectedCommand);
    }
  }
}

TEST(Hostile, payloads_of_any_length_are_harmless_in_every_message_type) {
  for (int type = 0; type < 256; ++type) {
    for (std::size_t size = 0; size <= 16; ++size) {
      for (const std::uint8_t fill : Bytes{0x00, 0x02, 0xFF}) {
        Recorder server;
        const Bytes payload(size, fill);
        server.feed(Wire().open().message(static_cast<std::uint8_t>(type), 0, payload).bytes());
        if (type == kAudio || type == kVideo) {
          EXPECT_EQ(server.events.size(), 2U);
        }
      }
    }
  }
}

TEST(Hostile, short_control_messages_are_refused_by_name) {
  for (const std::uint8_t type :
       {kSetChunkSize, kAbort, kAcknowledgement, kWindowAckSize, kSetPeerBandwidth}) {
    EXPECT_EQ(error_of(Wire().handshake().message(type, 0, Bytes{0, 0, 1}, 0, 2)),
              ProtocolError::kBadControlMessage);
  }
  EXPECT_EQ(error_of(Wire().handshake().message(kUserControl, 0, Bytes{0}, 0, 2)),
            ProtocolError::kBadControlMessage);
  EXPECT_EQ(error_of(Wire().handshake().message(kUserControl, 0, Bytes{0, 6, 1}, 0, 2)),
            ProtocolError::kBadControlMessage);
}

TEST(Hostile, deep_amf_is_refused_and_not_recursed_into) {
  Bytes payload = begin_command("connect", 1);
  for (int i = 0; i < 12'000; ++i) append(payload, Bytes{0x0A, 0, 0, 0, 1});
  Recorder server;
  server.feed(Wire().handshake().command(payload).bytes());
  EXPECT_EQ(server.error, ProtocolError::kBadCommand);
}

TEST(Hostile, ninth_message_stream_is_refused) {
  Wire wire;
  wire.handshake().connect();
  for (std::size_t i = 0; i < kMaxMessageStreams; ++i) wire.call("createStream", 2);
  EXPECT_EQ(error_of(wire), std::nullopt);
  EXPECT_EQ(error_of(wire.call("createStream", 2)), ProtocolError::kTooManyStreams);
}

TEST(Hostile, out_of_turn_publishes_are_refused) {
  EXPECT_EQ(error_of(Wire().handshake().call("createStream", 2)), ProtocolError::kUnexpectedCommand);
  EXPECT_EQ(error_of(Wire().handshake().publish("k")), ProtocolError::kUnexpectedCommand);
  EXPECT_EQ(error_of(Wire().open().publish("again")), ProtocolError::kUnexpectedCommand);
  EXPECT_EQ(error_of(Wire().open().connect()), ProtocolError::kUnexpectedCommand);
}

TEST(Hostile, floods_get_no_more_answers_than_they_pay_for) {
  const std::vector<Bytes> floods = {
      Wire().message(kUserControl, 0, Bytes{0, 6, 1, 2, 3, 4}, 0, 2).bytes(),
      Wire().call("releaseStream", 9, "k").bytes(),
      Wire().call("FCPublish", 9, "k").bytes(),
      Wire().call("x", 9).bytes(),
      Wire().call("getStreamLength", 9).bytes(),
      Wire().message(kWindowAckSize, 0, Bytes{0, 0, 0, 1}, 0, 2).bytes(),
      Wire().message(kSetPeerBandwidth, 0, Bytes{0, 0, 0, 1, 2}, 0, 2).bytes(),
      Wire().chunk_size(128).bytes(),
  };
  for (const Bytes& one : floods) {
    Recorder server;
    ASSERT_TRUE(server.feed(Wire().open().bytes()));
    const std::size_t before = server.sent.size();
    for (int i = 0; i < 20'000; ++i) ASSERT_TRUE(server.feed(one));
    EXPECT_LE(server.sent.size() - before, 20'000 * one.size() + 2 * kReplyAllowanceBytes);
  }
}

TEST(Hostile, a_publisher_that_never_reads_is_not_hurt_by_acknowledgements) {
  Recorder server;
  ASSERT_TRUE(server.feed(Wire().open().message(kWindowAckSize, 0, Bytes{0, 0, 0, 1}, 0, 2).bytes()));
  const Bytes picture = filled(100'000);
  Wire media;
  for (int i = 0; i < 100; ++i) media.message(kVideo, 0, picture);
  constexpr int kRounds = 50;  // 500 MB: at an acknowledgement each 64 KiB far more than a socket takes
  for (int i = 0; i < kRounds; ++i) ASSERT_TRUE(server.session.feed(media.bytes(), kNow));
  EXPECT_GT(server.session.output().size(), 0U);
  EXPECT_LE(server.session.output().size(), 64U);
}

TEST(Hostile, peer_that_does_not_read_our_answers_is_dropped) {
  Recorder server;
  ASSERT_TRUE(server.feed(Wire().handshake().connect().bytes()));
  const Bytes call = Wire().call("releaseStream", 9, std::string(40, 'k')).bytes();
  std::optional<ProtocolError> error;
  for (int i = 0; i < 20'000 && !error; ++i) {
    const auto outcome = server.session.feed(call, kNow);  // output is never taken
    if (!outcome) error = outcome.error();
  }
  EXPECT_EQ(error, ProtocolError::kOutputNotRead);
  EXPECT_LE(server.session.output().size(), kMaxOutputBytesBeforeMedia + 200);
}

TEST(Hostile, input_before_the_answer_is_kept_to_the_limit_and_not_beyond) {
  Recorder server(Answer::kLater);
  ASSERT_TRUE(server.feed(Wire().open().bytes()));
  EXPECT_TRUE(server.feed(Bytes(kMaxHeldInputBytes)));
  EXPECT_FALSE(server.feed(Bytes(1)));
  EXPECT_EQ(server.error, ProtocolError::kTooMuchPartialData);
}

TEST(Hostile, errors_are_final) {
  Recorder server;
  EXPECT_FALSE(server.feed(as_bytes("GET / HTTP/1.1\r\n")));
  EXPECT_FALSE(server.feed(Wire().open().bytes()));
  EXPECT_EQ(server.error, ProtocolError::kNotRtmp);
  EXPECT_TRUE(server.sent.empty());
}

TEST(Hostile, damaged_bytes_of_a_real_session_never_break_anything) {
  const Bytes good = Wire().open().message(kVideo, 40, filled(300)).message(kAudio, 40, filled(20)).bytes();
  constexpr std::size_t kHandshake = 1 + 2 * kHandshakeBlockBytes;
  for (std::size_t at = kHandshake; at < good.size(); ++at) {
    for (const std::uint8_t flip : Bytes{0x01, 0x80, 0xFF}) {
      Bytes bad = good;
      bad[at] ^= flip;
      Recorder server;
      server.feed(bad);
      EXPECT_LE(server.events.size(), 3U);
    }
  }
}

}  // namespace
}  // namespace sluice::rtmp::test
