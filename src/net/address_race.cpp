// See the header. Runs in a relay.
#include "net/address_race.hpp"

#include <algorithm>

namespace sluice::net {

std::vector<std::size_t> dialling_order(std::span<const Family> families) {
  std::vector<std::size_t> turn[2];  // the first family's, the other's
  for (std::size_t i = 0; i < families.size(); ++i) turn[families[i] != families[0]].push_back(i);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < families.size(); ++i) {
    for (const auto& own : turn) {
      if (i < own.size() && order.size() < kMaxAddressesTried) order.push_back(own[i]);
    }
  }
  return order;
}

std::optional<AddressRace::Step> AddressRace::next(Instant now) {
  if (!running_.empty() && now >= running_.front().give_up_at) {
    const std::size_t late = running_.front().address;
    failed(late, now);
    return Step{What::kGiveUp, late};
  }
  if (started_ == addresses_ || now < next_start_) return std::nullopt;
  next_start_ = now + kAttemptDelay;
  running_.push_back({started_, now + kConnectDeadline});
  return Step{What::kStart, started_++};
}

void AddressRace::failed(std::size_t address, Instant now) {
  const auto removed =
      std::erase_if(running_, [address](const Attempt& attempt) { return attempt.address == address; });
  if (removed > 0) next_start_ = now;
}

std::optional<Instant> AddressRace::deadline() const {
  std::optional<Instant> due;
  if (!running_.empty()) due = running_.front().give_up_at;
  if (started_ < addresses_) due = due ? std::min(*due, next_start_) : next_start_;
  return due;
}

}  // namespace sluice::net
