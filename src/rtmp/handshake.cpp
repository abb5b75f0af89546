// Handshake of both sides. Runs in ingest and relays.
#include "rtmp/handshake.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <string_view>

namespace sluice::rtmp {
namespace {

constexpr std::uint8_t kVersion = 3;
constexpr std::uint8_t kTlsRecord = 0x16;
constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kBlock = kHandshakeBlockBytes;

using Block = std::array<std::uint8_t, kBlock>;
using Digest = std::array<std::uint8_t, kDigestBytes>;

// Public constants of Flash Player and Flash Media Server, as every server has them.
constexpr std::string_view kPlayerKey = "Genuine Adobe Flash Player 001";
constexpr std::string_view kServerText = "Genuine Adobe Flash Media Server 001";
constexpr std::array<std::uint8_t, 32> kServerTail{
    0xF0, 0xEE, 0xC2, 0x4A, 0x80, 0x68, 0xBE, 0xE8, 0x2E, 0x00, 0xD0, 0xD1, 0x02, 0x9E, 0x7E, 0x57,
    0x6E, 0xEC, 0x5D, 0x2D, 0x29, 0x80, 0x6F, 0xAB, 0x93, 0xB8, 0xE6, 0x36, 0xCF, 0xEB, 0x31, 0xAE};

std::uint32_t to_ms(Instant now) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  return static_cast<std::uint32_t>(ms);
}

// The "random" part of a block. Nothing is secret here, so no entropy is spent on strangers: a fixed
// pattern from a small generator.
Block filler_block() {
  Block block{};
  std::uint32_t state = 0x5EED5EED;
  for (auto& byte : block) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    byte = static_cast<std::uint8_t>(state);
  }
  return block;
}

void put_be32(Block& block, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) block[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

class Hmac {
 public:
  explicit Hmac(ByteView key) { crypto_auth_hmacsha256_init(&state_, key.data(), key.size()); }
  Hmac& add(ByteView bytes) {
    crypto_auth_hmacsha256_update(&state_, bytes.data(), bytes.size());
    return *this;
  }
  Digest finish() {
    Digest digest{};
    crypto_auth_hmacsha256_final(&state_, digest.data());
    return digest;
  }

 private:
  crypto_auth_hmacsha256_state state_{};
};

// The digest's place follows from four bytes, at 8 or at 772 depending on the schema.
constexpr std::array<std::size_t, 2> kSchemas{8, 772};

std::size_t digest_place(ByteView block, std::size_t schema) {
  const ByteView four = block.subspan(schema, 4);
  return schema + 4 + std::accumulate(four.begin(), four.end(), std::size_t{0}) % 728;
}

Digest digest_of(ByteView block, std::size_t place, ByteView key) {
  return Hmac(key).add(block.first(place)).add(block.subspan(place + kDigestBytes)).finish();
}

struct FoundDigest {
  std::size_t schema;
  ByteView digest;
};

std::optional<FoundDigest> find_digest(ByteView c1) {
  for (const std::size_t schema : kSchemas) {
    const std::size_t place = digest_place(c1, schema);
    const ByteView there = c1.subspan(place, kDigestBytes);
    if (std::ranges::equal(there, digest_of(c1, place, as_bytes(kPlayerKey))))
      return FoundDigest{schema, there};
  }
  return std::nullopt;
}

void answer_with_digest(const FoundDigest& found, std::uint32_t time_ms, OutputBuffer& out) {
  constexpr std::uint32_t kServerVersion = 0x0D0E0A0D;  // what nginx-rtmp says; no client looks closer
  Block s1 = filler_block();
  put_be32(s1, 0, time_ms);
  put_be32(s1, 4, kServerVersion);
  const std::size_t place = digest_place(s1, found.schema);
  std::ranges::copy(digest_of(s1, place, as_bytes(kServerText)),
                    s1.begin() + static_cast<std::ptrdiff_t>(place));
  out.append(s1);

  Bytes full_key;
  append(full_key, as_bytes(kServerText));
  append(full_key, kServerTail);
  const Digest key = Hmac(full_key).add(found.digest).finish();
  Block s2 = filler_block();
  const auto body = ByteView(s2).first(kBlock - kDigestBytes);
  std::ranges::copy(Hmac(key).add(body).finish(), s2.end() - kDigestBytes);
  out.append(s2);
}

std::optional<ProtocolError> judge_version(std::uint8_t version) {
  if (version == kTlsRecord) return ProtocolError::kTlsOnPlainPort;
  if (version == 6 || version == 8 || version == 9) return ProtocolError::kEncryptedRtmp;
  // Spec 5.2.2: 32 and above is reserved, so that RTMP is told from text protocols.
  if (version >= 32) return ProtocolError::kNotRtmp;
  return std::nullopt;
}

// Moves bytes from `in` into `block` until it holds `wanted`.
std::size_t fill(Bytes& block, std::size_t wanted, ByteView in) {
  const std::size_t count = std::min(wanted - block.size(), in.size());
  append(block, in.first(count));
  return count;
}

}  // namespace

ServerHandshake::ServerHandshake(Instant now) : time_ms_(to_ms(now)) {}

std::expected<std::size_t, ProtocolError> ServerHandshake::feed(ByteView bytes, OutputBuffer& out) {
  std::size_t used = 0;
  if (received_.size() < 1 + kBlock) {
    used = fill(received_, 1 + kBlock, bytes);
    if (!received_.empty()) {
      if (const auto error = judge_version(received_[0])) return std::unexpected(*error);
    }
    if (received_.size() < 1 + kBlock) return used;
    answer(ByteView(received_).subspan(1), out);
  }
  const std::size_t skipped = std::min(c2_left_, bytes.size() - used);
  c2_left_ -= skipped;
  if (c2_left_ == 0) {
    done_ = true;
    received_ = Bytes();
  }
  return used + skipped;
}

void ServerHandshake::answer(ByteView c1, OutputBuffer& out) const {
  out.append(ByteView(&kVersion, 1));
  const bool may_have_digest = load_be32(c1.data() + 4) != 0;
  if (const auto found = may_have_digest ? find_digest(c1) : std::nullopt) {
    answer_with_digest(*found, time_ms_, out);
    return;
  }
  Block s1 = filler_block();
  put_be32(s1, 0, time_ms_);
  put_be32(s1, 4, 0);
  out.append(s1);
  // Exactly: Streamlabs breaks off when S2 is anything else.
  out.append(c1);
}

ClientHandshake::ClientHandshake(Instant now, OutputBuffer& out) {
  out.append(ByteView(&kVersion, 1));
  Block c1 = filler_block();
  put_be32(c1, 0, to_ms(now));
  put_be32(c1, 4, 0);
  out.append(c1);
}

std::expected<std::size_t, ProtocolError> ClientHandshake::feed(ByteView bytes, OutputBuffer& out) {
  std::size_t used = 0;
  if (received_.size() < 1 + kBlock) {
    used = fill(received_, 1 + kBlock, bytes);
    if (!received_.empty()) {
      if (const auto error = judge_version(received_[0])) return std::unexpected(*error);
    }
    if (received_.size() < 1 + kBlock) return used;
    out.append(ByteView(received_).subspan(1));  // C2 repeats S1
  }
  const std::size_t skipped = std::min(s2_left_, bytes.size() - used);
  s2_left_ -= skipped;
  if (s2_left_ == 0) {
    done_ = true;
    received_ = Bytes();
  }
  return used + skipped;
}

}  // namespace sluice::rtmp
