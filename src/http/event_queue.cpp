// Server-sent events. Runs in the manager.
#include "http/event_queue.hpp"

#include <utility>

#include "http/limits.hpp"

namespace sluice::http {

std::string format_event(std::string_view event, std::string_view data) {
  std::string out = "event: ";
  out += event;
  out += '\n';
  // A bare CR ends a line too for an event-stream parser.
  while (true) {
    const std::size_t end = data.find_first_of("\r\n");
    out += "data: ";
    out += data.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) break;
    const bool pair = data[end] == '\r' && end + 1 < data.size() && data[end + 1] == '\n';
    data.remove_prefix(end + (pair ? 2 : 1));
  }
  out += '\n';
  return out;
}

std::string format_comment(std::string_view text) {
  return ": " + std::string(text) + "\n\n";
}

bool EventQueue::push(std::string_view frame) {
  if (closed_) return false;
  if (events_ == kMaxQueuedEvents || pending_.size() + frame.size() > kMaxQueuedEventBytes) {
    close();
    return false;
  }
  pending_ += frame;
  ++events_;
  notify();
  return true;
}

std::string EventQueue::take() {
  events_ = 0;
  return std::exchange(pending_, {});
}

void EventQueue::close() {
  if (closed_) return;
  closed_ = true;
  pending_.clear();
  notify();
}

void EventQueue::notify() const {
  if (listener_) listener_();
}

}  // namespace sluice::http
