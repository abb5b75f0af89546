// See the header.
#include "sim/platform.hpp"

#include <algorithm>

namespace sluice::sim {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kHandshakeBytes = 3073;
constexpr std::string_view kKeyMark = "sim-key-";  // every key begins like this

}  // namespace

std::string key_of(int stream, std::uint64_t version) {
  return std::string(kKeyMark) + std::to_string(stream) + "-" + std::to_string(version);
}

// ---- one connection -----------------------------------------------------------------------------------

Connection::Connection(Platform& platform, std::uint64_t serial, Answer answer)
    : platform_(platform), serial_(serial), answer_(answer), session_(*this, platform.engine_.now()) {}

std::size_t Connection::write(ByteView bytes) {
  if (hung_up_ || relay_gone_) return 0;
  const bool media = accepted_;
  const std::size_t room =
      media ? platform_.line_.buffer_bytes - std::min(queue_.size(), platform_.line_.buffer_bytes)
            : bytes.size();
  const std::size_t count = std::min(room, bytes.size());
  if (count == 0) return 0;
  // I9: what leaves this relay holds no other stream's key.
  for (std::string_view text = as_text(bytes.first(count));;) {
    const std::size_t at = text.find(kKeyMark);
    if (at == std::string_view::npos) break;
    text.remove_prefix(at);
    // A full socket may cut a key in two.
    const std::string_view whole = platform_.key_prefix_;
    if (!text.starts_with(whole.substr(0, text.size())))
      platform_.engine_.fail(
          "I9", "another stream's key, in the bytes of stream " + std::to_string(platform_.stream_));
    text.remove_prefix(1);
  }
  append(queue_, bytes.first(count));
  segments_.push_back({count});
  Engine& engine = platform_.engine_;
  line_free_at_ = std::max(line_free_at_, engine.now());
  if (media) {
    const double seconds =
        static_cast<double>(count) / (platform_.line_.bytes_per_second * platform_.slowness_);
    line_free_at_ += std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  }
  engine.at(line_free_at_ + platform_.line_.latency, EventKind::kArrive, platform_.stream_, serial_);
  return count;
}

std::uint64_t Connection::last_given() const {
  const std::uint64_t arrived = check_ ? check_->last_number() : kNoNumber;
  const auto queued = highest_whole_number(queue_);
  if (!queued) return arrived;
  return arrived == kNoNumber ? *queued : std::max(*queued, arrived);
}

void Connection::consume(std::size_t bytes) {
  received_ += bytes;
  Engine& engine = platform_.engine_;
  switch (answer_) {
    case Answer::kSilent:
      break;
    case Answer::kGarbage:
      if (replies_.empty()) append(replies_, as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
      engine.after(platform_.line_.latency, EventKind::kReply, platform_.stream_, serial_);
      break;
    default:
      if (!platform_gone_ && !session_.feed({queue_.data(), bytes}, engine.now()))
        engine.fail("I12",
                    "the platform cannot read the bytes of stream " + std::to_string(platform_.stream_));
      answer_back();
      break;
  }
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(bytes));
  const bool rejects = answer_ == Answer::kConnectRejected && received_ > kHandshakeBytes;
  if (rejects && !platform_gone_) platform_.close(*this);
}

void Connection::answer_back() {
  const ByteView out = session_.output();
  if (out.empty()) return;
  if (!platform_gone_ && !relay_gone_ && !half_open_) {
    append(replies_, out);
    platform_.engine_.after(platform_.line_.latency, EventKind::kReply, platform_.stream_, serial_);
  }
  session_.consume_output(out.size());
}

void Connection::on_publish(const rtmp::PeerRequest& request) {
  Engine& engine = platform_.engine_;
  if (!request.key.reveal().starts_with(platform_.key_prefix_))
    engine.fail("I9", "stream " + std::to_string(platform_.stream_) + " publishes with a key not its own");
  Answer answer = answer_;
  const auto& free_at = platform_.key_free_at_;
  if (answer == Answer::kAccept && free_at && engine.now() < *free_at) answer = Answer::kBadName;
  switch (answer) {
    case Answer::kBadName:
      return session_.refuse(rtmp::Refusal::kInUse);
    case Answer::kDenied:
      return session_.refuse(rtmp::Refusal::kWrongKey);
    case Answer::kCloseAtPublish:
      return platform_.close(*this);
    case Answer::kCloseSoon:
      engine.after(engine.random().between(milliseconds{1000}, milliseconds{4000}), EventKind::kPlatformTick,
                   platform_.stream_, serial_);
      break;
    default:
      break;
  }
  accepted_ = true;
  check_.emplace(engine, platform_.truth_, platform_.events_.rules_of(platform_.stream_));
  engine.note("platform accepts", platform_.stream_, static_cast<std::int64_t>(serial_));
  session_.accept();
}

void Connection::on_media(const media::MessageView& message) {
  if (check_) check_->on_media(message);
  if (check_ && check_->has_media())
    platform_.newest_arrival_ = std::max(platform_.newest_arrival_, check_->last_arrival());
  platform_.engine_.trace("platform, time", platform_.stream_, message.timestamp_ms,
                          static_cast<std::int64_t>(number_in(message.payload).value_or(0)));
}

void Connection::on_unpublish() {
  const bool empty = !check_ || !check_->hold().has_begun();
  if (!goodbye_allowed_ && !empty)
    platform_.engine_.fail("I8", "a goodbye that nobody wanted, stream " + std::to_string(platform_.stream_));
  platform_.engine_.note("platform hears the goodbye", platform_.stream_);
  platform_.events_.on_goodbye(platform_.stream_);
}

// ---- the platform -------------------------------------------------------------------------------------

Platform::Platform(Engine& engine, const Truth& truth, PlatformEvents& events, int stream, Line line,
                   bool healthy)
    : engine_(engine),
      truth_(truth),
      events_(events),
      stream_(stream),
      key_prefix_(std::string(kKeyMark) + std::to_string(stream) + "-"),
      line_(line),
      healthy_(healthy) {}

Connection& Platform::connect() {
  forget_dead();
  connections_.push_back(std::make_unique<Connection>(*this, ++serials_, answer_));
  return *connections_.back();
}

Connection* Platform::find(std::uint64_t serial) {
  for (auto& connection : connections_) {
    if (connection->serial_ == serial) return connection.get();
  }
  return nullptr;
}

void Platform::forget_dead() {
  std::erase_if(connections_, [](const auto& connection) {
    const bool drained = connection->queue_.empty() || connection->reset_ || connection->half_open_;
    return connection->relay_gone_ && (connection->platform_gone_ || drained);
  });
}

void Platform::on_arrive(std::uint64_t serial) {
  Connection* connection = find(serial);
  if (connection == nullptr || connection->segments_.empty() || connection->half_open_) return;
  connection->arrived_ += connection->segments_.front().bytes;
  connection->segments_.pop_front();
  if (!stalled_) deliver(*connection);
}

void Platform::deliver(Connection& connection) {
  const std::size_t bytes = std::exchange(connection.arrived_, 0);
  if (bytes == 0 || connection.reset_) return;
  if (connection.platform_gone_) {
    connection.queue_.erase(connection.queue_.begin(),
                            connection.queue_.begin() + static_cast<std::ptrdiff_t>(bytes));
    return;
  }
  connection.consume(bytes);
}

void Platform::stall(bool stalled) {
  stalled_ = stalled;
  if (stalled) return;
  for (auto& connection : connections_) {
    deliver(*connection);
    // Room again: the relay is told as if bytes had arrived.
    engine_.after(line_.latency, EventKind::kReply, stream_, connection->serial_);
  }
}

void Platform::lose_packets() {
  for (auto& connection : connections_) connection->half_open_ = true;
}

void Platform::hang_up(bool reset) {
  for (auto& connection : connections_) {
    if (!connection->platform_gone_ && !connection->half_open_) {
      connection->reset_ = connection->reset_ || reset;
      close(*connection);
    }
  }
}

void Platform::close(Connection& connection) {
  connection.platform_gone_ = true;
  if (!connection.half_open_) engine_.after(line_.latency, EventKind::kHangUp, stream_, connection.serial_);
}

void Platform::relay_closes(std::uint64_t serial, bool reset) {
  Connection* connection = find(serial);
  if (connection == nullptr || connection->relay_gone_) return;
  connection->relay_gone_ = true;
  if (reset) connection->reset_ = true;
  if (connection->accepted_ && ghost_ > Duration::zero() && !connection->platform_gone_)
    key_free_at_ = engine_.now() + ghost_;
}

void Platform::on_tick(std::uint64_t serial) {
  Connection* connection = find(serial);
  if (connection != nullptr && !connection->platform_gone_) close(*connection);
}

void Platform::on_hang_up(std::uint64_t serial) {
  if (Connection* connection = find(serial)) connection->hung_up_ = true;
}

int Platform::live_publishers() const {
  return static_cast<int>(std::ranges::count_if(connections_, [](const auto& connection) {
    return connection->accepted_ && !connection->relay_gone_ && !connection->platform_gone_ &&
           !connection->half_open_;
  }));
}

}  // namespace sluice::sim
