// Wiping and comparing secrets.
#include "base/secret.hpp"

#include <cstring>

namespace sluice {

Secret::~Secret() {
  explicit_bzero(bytes_.data(), bytes_.size());
}

bool operator==(const Secret& a, const Secret& b) {
  if (a.bytes_.size() != b.bytes_.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.bytes_.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (a.bytes_[i] ^ b.bytes_[i]));
  }
  return difference == 0;
}

}  // namespace sluice
