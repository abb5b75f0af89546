// What the tests of this folder share: a server whose owner says yes to everything and writes down what it
// hears, and ways to feed it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media/inspect.hpp"
#include "rtmp/server_session.hpp"

namespace sluice::rtmp::test {

inline const Instant kNow = Instant(std::chrono::seconds(1000));

// FNV-1a: enough to tell payloads apart in a failure message.
inline std::uint64_t hash_of(ByteView bytes) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001B3;
  return hash;
}

inline std::string line_of(const media::MessageView& message) {
  return fmt::format("media {} at {} bytes {} hash {:016x}", static_cast<int>(message.kind),
                     message.timestamp_ms, message.payload.size(), hash_of(message.payload));
}

enum class Answer : std::uint8_t { kAccept, kLater, kRefuse };

// Owner and session in one.
class Recorder final : public ServerEvents {
 public:
  explicit Recorder(Answer answer = Answer::kAccept) : answer_(answer) {}

  void on_publish(const PeerRequest& asked) override { ask("publish", asked); }
  void on_play(const PeerRequest& asked) override { ask("play", asked); }
  void on_media(const media::MessageView& message) override {
    events.push_back(line_of(message));
    ++counts[static_cast<std::size_t>(message.kind)];
  }
  void on_unpublish() override { events.push_back("unpublish"); }
  void on_play_stop() override { events.push_back("play stop"); }

  // Feeds, and takes the output as a socket would.
  bool feed(ByteView bytes, Instant now = kNow) {
    const auto outcome = session.feed(bytes, now);
    if (!outcome) error = outcome.error();
    drain();
    return outcome.has_value();
  }
  void drain() {
    append(sent, session.output());
    session.consume_output(session.output().size());
  }
  std::size_t count(std::string_view event) const {
    return static_cast<std::size_t>(std::ranges::count(events, event));
  }

  std::vector<std::string> events;
  std::size_t counts[256] = {};
  std::optional<PeerRequest> request;
  std::optional<ProtocolError> error;
  Bytes sent;
  ServerSession session{*this, kNow};

 private:
  void ask(std::string_view what, const PeerRequest& asked) {
    events.push_back(fmt::format("{} app '{}' key '{}'", what, asked.app, asked.key.reveal()));
    request = asked;
    if (answer_ == Answer::kAccept) session.accept();
    if (answer_ == Answer::kRefuse) session.refuse(Refusal::kWrongKey);
  }

  Answer answer_;
};

}  // namespace sluice::rtmp::test
