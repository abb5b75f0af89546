// Writes what a client might send, well-formed or not.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "recorder.hpp"
#include "rtmp/chunk_reader.hpp"
#include "rtmp/chunk_writer.hpp"
#include "rtmp/command.hpp"
#include "rtmp/handshake.hpp"

namespace sluice::rtmp::test {

// A client's bytes in the making.
class Wire {
 public:
  Wire& handshake() {
    Bytes block(1 + 2 * kHandshakeBlockBytes);
    block[0] = 3;
    return raw(block);
  }
  Wire& raw(ByteView bytes) {
    out_.append(bytes);
    return *this;
  }
  Wire& raw(std::initializer_list<int> bytes) {
    Bytes copy;
    for (const int byte : bytes) copy.push_back(static_cast<std::uint8_t>(byte));
    return raw(copy);
  }
  Wire& message(std::uint8_t type, std::uint32_t timestamp_ms, ByteView payload, std::uint32_t stream_id = 1,
                std::uint8_t chunk_stream = 4) {
    writer_.write(out_, {chunk_stream, type, timestamp_ms, stream_id, payload});
    return *this;
  }
  Wire& command(ByteView payload, std::uint32_t stream_id = 0) {
    writer_.write_absolute(out_, {3, kCommand, 0, stream_id, payload});
    return *this;
  }
  Wire& chunk_size(std::uint32_t bytes) {
    writer_.set_chunk_size(out_, bytes);
    return *this;
  }
  Wire& connect(std::string_view app = "live") {
    Bytes payload = begin_command("connect", 1);
    amf0::begin_object(payload);
    amf0::put_key(payload, "app");
    amf0::put_string(payload, app);
    amf0::put_key(payload, "flashVer");
    amf0::put_string(payload, "FMLE/3.0 (test)");
    amf0::put_key(payload, "tcUrl");
    amf0::put_string(payload, "rtmp://127.0.0.1/live");
    amf0::end_object(payload);
    return command(payload);
  }
  // name, txn, null, then a string when there is one.
  Wire& call(std::string_view name, double transaction, std::optional<std::string_view> argument = {},
             std::uint32_t stream_id = 0) {
    Bytes payload = begin_command(name, transaction);
    amf0::put_null(payload);
    if (argument) amf0::put_string(payload, *argument);
    return command(payload, stream_id);
  }
  Wire& call_number(std::string_view name, double transaction, double argument, std::uint32_t stream_id = 0) {
    Bytes payload = begin_command(name, transaction);
    amf0::put_null(payload);
    amf0::put_number(payload, argument);
    return command(payload, stream_id);
  }
  Wire& publish(std::string_view key) { return call("publish", 5, key, 1); }
  Wire& open(std::string_view key = "key") {
    return handshake().connect().call("createStream", 4).publish(key);
  }
  Bytes bytes() const {
    const ByteView view = out_.view();
    return {view.begin(), view.end()};
  }

 private:
  OutputBuffer out_;
  ChunkWriter writer_;
};

// Everything a peer sent behind a handshake, message by message.
struct Received {
  struct Message {
    std::uint8_t type;
    std::uint32_t timestamp_ms;
    std::uint32_t stream_id;
    Bytes payload;
  };
  std::vector<Message> messages;

  // `sent`: with S0 S1 S2 (or C0 C1 C2) in front.
  explicit Received(ByteView sent) {
    struct Sink final : MessageSink {
      explicit Sink(std::vector<Message>& to) : to_(to) {}
      std::expected<void, ProtocolError> on_message(const IncomingMessage& m) override {
        to_.push_back({m.type, m.timestamp_ms, m.stream_id, Bytes(m.payload.begin(), m.payload.end())});
        return {};
      }
      std::vector<Message>& to_;
    } sink(messages);
    constexpr std::size_t kHandshake = 1 + 2 * kHandshakeBlockBytes;
    EXPECT_GE(sent.size(), kHandshake);
    ChunkReader reader;
    reader.allow_media();
    EXPECT_TRUE(reader.feed(sent.subspan(kHandshake), sink));
  }
  std::vector<Command> commands() const {
    std::vector<Command> result;
    for (const Message& m : messages) {
      if (m.type == kCommand) result.push_back(parse_command(m.type, m.payload).value());
    }
    return result;
  }
  // The codes of all info objects, in order.
  std::vector<std::string> codes() const {
    std::vector<std::string> result;
    for (const Command& command : commands()) {
      for (const amf0::Value& value : command.values) {
        if (value.object() == nullptr) continue;
        if (const auto code = value.object()->string("code")) result.emplace_back(*code);
      }
    }
    return result;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const Command& command : commands()) result.push_back(command.name);
    return result;
  }
};

// Runs a script whole, then cut in two at every byte, then byte by byte: nothing may depend on the cuts.
// Returns the recorder of the whole run.
inline std::unique_ptr<Recorder> replay(const Bytes& script, Answer answer = Answer::kAccept) {
  auto whole = std::make_unique<Recorder>(answer);
  whole->feed(script);
  const auto same = [&](const Recorder& other, std::string_view how) {
    EXPECT_EQ(other.events, whole->events) << how;
    EXPECT_EQ(other.sent, whole->sent) << how;
    EXPECT_EQ(other.error, whole->error) << how;
  };
  const ByteView view(script);
  for (std::size_t cut = 1; cut < script.size() && !testing::Test::HasFailure(); ++cut) {
    Recorder halves(answer);
    if (halves.feed(view.first(cut))) halves.feed(view.subspan(cut));
    same(halves, fmt::format("cut at {}", cut));
  }
  Recorder bytes(answer);
  for (std::size_t at = 0; at < script.size() && bytes.feed(view.subspan(at, 1)); ++at) {
  }
  same(bytes, "byte by byte");
  return whole;
}

inline Bytes filled(std::size_t size, int seed = 0) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::uint8_t>(i * 31 + i / 251 + static_cast<std::size_t>(seed));
  return bytes;
}

}  // namespace sluice::rtmp::test
