// Keyed hashes of configurations. Runs in the manager.
#include "manager/config_hash.hpp"

#include <sodium.h>

#include <array>
#include <string_view>

namespace sluice::manager {
namespace {

class Hash {
 public:
  explicit Hash(const Secret& key) {
    crypto_generichash_init(&state_, reinterpret_cast<const unsigned char*>(key.reveal().data()), key.size(),
                            kBytes);
  }
  // Each part with its length, so that no two lists of parts run together into the same bytes.
  void add(std::string_view part) {
    const std::string length = std::to_string(part.size()) + ":";
    update(length);
    update(part);
  }
  void add(std::int64_t number) { add(std::to_string(number)); }

  std::string hex() {
    std::array<unsigned char, kBytes> digest{};
    crypto_generichash_final(&state_, digest.data(), digest.size());
    std::array<char, 2 * kBytes + 1> text{};
    sodium_bin2hex(text.data(), text.size(), digest.data(), digest.size());
    return text.data();
  }

 private:
  static constexpr std::size_t kBytes = 16;
  void update(std::string_view bytes) {
    crypto_generichash_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  }
  crypto_generichash_state state_{};
};

}  // namespace

std::string config_hash(const Stream& stream, const Secret& key) {
  Hash hash(key);
  hash.add(stream.id);
  hash.add(stream.platform);
  hash.add(stream.server);
  hash.add(stream.key.reveal());
  hash.add(stream.source);
  hash.add(stream.tls_ca);
  hash.add(stream.backup_server);
  return hash.hex();
}

std::string config_hash(const Sources& sources, bool play_from_anywhere, const Secret& key) {
  Hash hash(key);
  hash.add(std::int64_t{play_from_anywhere});
  for (const auto& [id, source] : sources) {
    hash.add(id);
    hash.add(source.app);
    hash.add(source.key.reveal());
  }
  return hash.hex();
}

}  // namespace sluice::manager
