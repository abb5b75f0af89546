// See the header.
#include "ingest/takeovers.hpp"

namespace sluice::ingest {
namespace {

std::string_view host_of(std::string_view address) {
  return address.substr(0, address.rfind(':'));
}

}  // namespace

bool Takeovers::allows(std::string_view newcomer, const Incumbent& incumbent, Instant now) {
  if (host_of(newcomer) == host_of(incumbent.address)) return true;
  if (fighting(now) && now - incumbent.last_media < kDelivers) {
    kept_out_ = {std::string(newcomer), now};
    return false;
  }
  taken_.push_back(now);
  if (taken_.size() > kMaxTakeovers) taken_.pop_front();
  kept_out_.reset();
  return true;
}

bool Takeovers::fighting(Instant now) {
  while (!taken_.empty() && now - taken_.front() >= kFight) taken_.pop_front();
  if (kept_out_ && now - kept_out_->at >= kFight) kept_out_.reset();
  return kept_out_ || taken_.size() >= kMaxTakeovers;
}

std::string Takeovers::kept_out(Instant now) const {
  return kept_out_ && now - kept_out_->at < kFight ? kept_out_->address : "";
}

}  // namespace sluice::ingest
