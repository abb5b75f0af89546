// Server-sent events: their framing, and the bounded queue between a producer and one client.
// Sans-I/O; one thread (the manager's).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::http {

// One event as bytes of text/event-stream. Every line of `data` gets its own `data:` line, so that no data
// can forge a field. REQUIRES: `event` is one of our own names, without line breaks.
std::string format_event(std::string_view event, std::string_view data);
// A line that clients ignore.
std::string format_comment(std::string_view text);

// Closed by either side, once and for ever. A client that does not read is closed by push().
class EventQueue {
 public:
  // False: the queue is closed, or has just been because the limits of limits.hpp were reached.
  bool push(std::string_view frame);
  // Everything queued, in order; empty: nothing.
  std::string take();
  void close();
  bool closed() const { return closed_; }

  // Called on every push and on close, from within them; replaces the one before.
  void on_change(std::function<void()> listener) { listener_ = std::move(listener); }

 private:
  void notify() const;

  std::string pending_;
  std::size_t events_ = 0;
  bool closed_ = false;
  std::function<void()> listener_;
};

}  // namespace sluice::http
