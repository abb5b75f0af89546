// Server-sent events, the reading side. Runs in the command line.
#include "http/event_parser.hpp"

namespace sluice::http {

bool EventParser::feed(std::string_view bytes) {
  input_ += bytes;
  std::size_t start = 0;
  for (std::size_t end = input_.find('\n'); end != std::string::npos; end = input_.find('\n', start)) {
    std::string_view text = std::string_view(input_).substr(start, end - start);
    if (text.ends_with('\r')) text.remove_suffix(1);
    start = end + 1;
    if (!line(text)) return false;
  }
  input_.erase(0, start);
  return true;
}

bool EventParser::line(std::string_view text) {
  if (text.empty()) {
    const bool more = !has_data_ || sink_(event_.empty() ? "message" : std::string_view(event_), data_);
    event_.clear();
    data_.clear();
    has_data_ = false;
    return more;
  }
  const std::size_t colon = text.find(':');
  const std::string_view field = text.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") event_ = value;
  if (field == "data") {
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  }
  return true;
}

}  // namespace sluice::http
