// Publishers that were turned away. Runs in the manager.
#include "manager/refused_list.hpp"

#include <algorithm>

namespace sluice::manager {

void RefusedList::add(control::RefusedPublish refused) {
  std::erase_if(entries_,
                [&](const auto& entry) { return entry.app == refused.app && entry.key == refused.key; });
  entries_.push_front(std::move(refused));
  if (entries_.size() > kMaxRefused) entries_.pop_back();
}

void RefusedList::forget_known(const Sources& sources) {
  std::erase_if(entries_, [&](const auto& entry) {
    return std::ranges::any_of(sources, [&](const auto& known) {
      return known.second.app == entry.app && known.second.key == entry.key;
    });
  });
}

}  // namespace sluice::manager
