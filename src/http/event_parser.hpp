// Takes a text/event-stream apart, cut anywhere. Sans-I/O; used by the command line.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace sluice::http {

class EventParser {
 public:
  using Sink = std::function<bool(std::string_view event, std::string_view data)>;
  explicit EventParser(Sink sink) : sink_(std::move(sink)) {}

  // False: the sink wants no more.
  bool feed(std::string_view bytes);

 private:
  bool line(std::string_view text);

  Sink sink_;
  std::string input_;
  std::string event_;
  std::string data_;
  bool has_data_ = false;
};

}  // namespace sluice::http
