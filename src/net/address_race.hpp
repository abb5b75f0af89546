// Happy eyeballs (RFC 8305): in which order the addresses of one host are tried, and when the next one is, so
// that one dead address or a broken IPv6 costs a quarter of a second and not a minute. Sans-I/O; runs in a
// relay. The driver of the sockets is dial.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"

namespace sluice::net {

inline constexpr std::size_t kMaxAddressesTried = 6;
// An attempt gets this head start before the next one joins it.
inline constexpr Duration kAttemptDelay = std::chrono::milliseconds{250};
inline constexpr Duration kConnectDeadline = std::chrono::seconds{5};  // per address
// After this long every address has had its chance.
inline constexpr Duration kRaceDeadline = kAttemptDelay * (kMaxAddressesTried - 1) + kConnectDeadline;

enum class Family : std::uint8_t { kIpv4, kIpv6 };

// Indexes into `families` (the resolver's answer), families taking turns, the resolver's first one first, the
// resolver's order kept within each; at most kMaxAddressesTried, so that many addresses of one family cannot
// crowd out the other.
std::vector<std::size_t> dialling_order(std::span<const Family> families);

// Addresses are numbers from 0, in dialling order. After construction, after each failed() and at deadline()
// the driver must carry out next() until there is none. The first address to connect ends the race: the
// driver closes the others and drops this object.
class AddressRace {
 public:
  enum class What : std::uint8_t { kStart, kGiveUp };
  struct Step {
    What what = What::kStart;
    std::size_t address = 0;
    friend bool operator==(const Step&, const Step&) = default;
  };

  // REQUIRES: addresses <= kMaxAddressesTried.
  AddressRace(std::size_t addresses, Instant now) : addresses_(addresses), next_start_(now) {}

  std::optional<Step> next(Instant now);
  // Nothing if the address has been given up already.
  void failed(std::size_t address, Instant now);
  // When next() may have more to say; none when the race is lost.
  std::optional<Instant> deadline() const;
  bool lost() const { return started_ == addresses_ && running_.empty(); }

 private:
  struct Attempt {
    std::size_t address;
    Instant give_up_at;
  };

  std::size_t addresses_;
  std::size_t started_ = 0;  // addresses below have been started
  Instant next_start_;
  std::vector<Attempt> running_;  // oldest first
};

}  // namespace sluice::net
