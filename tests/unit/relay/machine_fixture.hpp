// A machine under a clock that the test moves, against a platform made of the real server session.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fake_source.hpp"
#include "relay/machine.hpp"
#include "rtmp/server_session.hpp"

namespace sluice::relay {

using namespace std::chrono_literals;
using control::StreamState;

// What the platform does with a caller.
class Platform final : public rtmp::ServerEvents {
 public:
  enum class Answer { kAccept, kBadName, kDenied, kNothing };

  Platform(Answer answer, Instant now) : answer_(answer), session_(*this, now) {}

  rtmp::ServerSession& session() { return session_; }
  struct Message {
    media::MessageKind kind;
    std::uint32_t ms;
    Bytes payload;
  };
  std::vector<Message> messages;
  std::vector<Bytes> received;  // their payloads
  std::string app;
  std::string key;
  bool goodbye = false;

 private:
  void on_publish(const rtmp::PeerRequest& request) override {
    app = request.app;
    key = request.key.reveal();
    if (answer_ == Answer::kAccept) session_.accept();
    if (answer_ == Answer::kBadName) session_.refuse(rtmp::Refusal::kInUse);
    if (answer_ == Answer::kDenied) session_.refuse(rtmp::Refusal::kWrongKey);
  }
  void on_play(const rtmp::PeerRequest&) override {}
  void on_media(const media::MessageView& message) override {
    received.emplace_back(message.payload.begin(), message.payload.end());
    messages.push_back({message.kind, message.timestamp_ms, received.back()});
  }
  void on_unpublish() override { goodbye = true; }
  void on_play_stop() override {}

  Answer answer_;
  rtmp::ServerSession session_;
};

class MachineTest : public testing::Test {
 protected:
  explicit MachineTest(std::optional<rtmp::PublishTarget> backup = std::nullopt)
      : machine_({"app", "rtmp://host/app", Secret{"the-key"}}, 42, now_, std::move(backup)) {
    machine_.set_policy({.hold_s = 0, .stop_grace_s = 10, .silent_audio = false}, now_);
  }

  void publish() {
    source_.begin(now_);
    source_.video(0, avc_header());
    source_.video(0, key_frame(1));
    machine_.source_woken(now_);
  }
  void use_source() { machine_.use_source(&source_, now_); }

  // Carries out wishes and moves bytes until nothing moves any more.
  void run(Platform::Answer answer = Platform::Answer::kAccept) {
    for (bool moved = true; moved;) {
      moved = false;
      if (const Wish wish = machine_.take_wish(); wish != Wish::kNone) {
        wishes_.push_back(wish);
        moved = true;
        if (wish == Wish::kConnect && connects_) {
          platform_ = std::make_unique<Platform>(answer, now_);
          machine_.connected(now_);
        }
      }
      moved = exchange() || moved;
      moved = close() || moved;
    }
  }
  bool exchange() {
    if (!platform_ || stalled_) return false;
    bool moved = false;
    if (const ByteView out = machine_.output(); !out.empty()) {
      const Bytes bytes{out.begin(), out.end()};
      machine_.sent(bytes.size(), now_);
      EXPECT_TRUE(platform_->session().feed(bytes, now_));
      moved = true;
    }
    if (const ByteView back = platform_->session().output(); !back.empty()) {
      const Bytes bytes{back.begin(), back.end()};
      platform_->session().consume_output(bytes.size());
      machine_.received(bytes, now_);
      moved = true;
    }
    return moved;
  }
  // A platform that has read the end of what we wrote closes its side.
  bool close() {
    const bool finished = !wishes_.empty() && wishes_.back() == Wish::kFinish;
    if (!finished || !closes_) return false;
    machine_.closed_by_peer(now_);
    return true;
  }
  void more(std::uint32_t ms, Bytes payload) {
    source_.video(ms, std::move(payload));
    machine_.source_woken(now_);
    run();
  }
  void hand_over() {
    machine_.hand_over(now_);
    run();
  }
  // What a successor's first session begins with.
  std::vector<Bytes> sent_by_successor() {
    Feed feed;
    feed.use_source(&source_);
    if (machine_.delivered()) feed.resume_from(*machine_.delivered());
    feed.begin_session();
    std::vector<Bytes> all;
    while (const auto out = feed.next(now_)) {
      all.emplace_back(out->message.payload.begin(), out->message.payload.end());
    }
    return all;
  }
  // The platform never sees it.
  std::size_t kernel_takes_all() {
    const std::size_t bytes = machine_.output().size();
    machine_.sent(bytes, now_);
    return bytes;
  }
  void pass(Duration time) {
    const Instant until = now_ + time;
    while (const auto due = machine_.deadline()) {
      if (*due > until) break;
      now_ = std::max(now_, *due);
      machine_.tick(now_);
      run();
    }
    now_ = until;
  }
  StreamState state() const { return machine_.status().state; }
  std::string reason() const { return machine_.status().reason ? machine_.status().reason->code : ""; }

  Instant now_ = Instant{} + 1h;
  FakeSource source_;
  Machine machine_;
  std::unique_ptr<Platform> platform_;
  std::vector<Wish> wishes_;
  bool connects_ = true;
  bool stalled_ = false;
  bool closes_ = true;
};

}  // namespace sluice::relay
