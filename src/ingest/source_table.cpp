// See the header.
#include "ingest/source_table.hpp"

#include <algorithm>

namespace sluice::ingest {
namespace {

std::string_view without_query(std::string_view text) {
  return text.substr(0, text.find('?'));
}

std::string_view without_trailing_slash(std::string_view text) {
  if (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

std::string_view without_outer_slashes(std::string_view text) {
  if (text.starts_with('/')) text.remove_prefix(1);
  return without_trailing_slash(text);
}

}  // namespace

void SourceTable::set(SourceId id, std::string app, Secret key) {
  remove(id);
  entries_.push_back({id, std::move(app), std::move(key)});
}

void SourceTable::remove(SourceId id) {
  std::erase_if(entries_, [id](const Entry& entry) { return entry.id == id; });
}

std::optional<SourceId> SourceTable::exact(std::string_view app, std::string_view key) const {
  const Secret wanted{std::string(key)};
  const auto found = std::ranges::find_if(
      entries_, [&](const Entry& entry) { return entry.app == app && entry.key == wanted; });
  if (found == entries_.end()) return std::nullopt;
  return found->id;
}

std::optional<SourceId> SourceTable::find(std::string_view app, std::string_view key) const {
  if (auto id = exact(app, key)) return id;
  const auto plain_app = without_trailing_slash(without_query(app));
  if (auto id = exact(plain_app, key)) return id;
  const auto plain_key = without_query(key);
  if (auto id = exact(plain_app, plain_key)) return id;
  if (auto id = exact(plain_app, without_outer_slashes(plain_key))) return id;
  return split_elsewhere(plain_app, plain_key);
}

std::optional<SourceId> SourceTable::split_elsewhere(std::string_view app, std::string_view key) const {
  std::string whole{app};
  if (!key.empty()) whole.append("/").append(key);
  for (auto slash = whole.find('/'); slash != std::string::npos; slash = whole.find('/', slash + 1)) {
    const std::string_view text{whole};
    if (auto id = exact(text.substr(0, slash), text.substr(slash + 1))) return id;
  }
  return std::nullopt;
}

}  // namespace sluice::ingest
