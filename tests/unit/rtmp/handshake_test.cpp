// Both sides of the handshake.
#include <gtest/gtest.h>
#include <sodium.h>

#include <numeric>

#include "wire.hpp"

namespace sluice::rtmp::test {
namespace {

constexpr std::size_t kBlock = kHandshakeBlockBytes;

// The server's S0 S1 S2 to this C1.
Bytes answer_to(ByteView c1) {
  Bytes bytes{3};
  append(bytes, c1);
  ServerHandshake server(kNow);
  OutputBuffer out;
  EXPECT_EQ(server.feed(bytes, out), bytes.size());
  EXPECT_FALSE(server.done());
  return {out.view().begin(), out.view().end()};
}

Bytes hmac(ByteView key, ByteView first, ByteView second) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key.data(), key.size());
  crypto_auth_hmacsha256_update(&state, first.data(), first.size());
  crypto_auth_hmacsha256_update(&state, second.data(), second.size());
  Bytes digest(32);
  crypto_auth_hmacsha256_final(&state, digest.data());
  return digest;
}

std::size_t place_of(ByteView block, std::size_t schema) {
  return schema + 4 + std::accumulate(&block[schema], &block[schema + 4], std::size_t{0}) % 728;
}

Bytes digest_at(ByteView block, std::size_t place, std::string_view key) {
  return hmac(as_bytes(key), block.first(place), block.subspan(place + 32));
}

TEST(ServerHandshake, simple_client_gets_its_own_block_back_exactly) {
  Bytes c1 = filled(kBlock);
  std::fill_n(c1.begin() + 4, 4, std::uint8_t{0});
  const Bytes answer = answer_to(c1);
  ASSERT_EQ(answer.size(), 1 + 2 * kBlock);
  EXPECT_EQ(answer[0], 3);
  EXPECT_EQ(load_be32(answer.data() + 5), 0U);
  EXPECT_TRUE(std::ranges::equal(ByteView(answer).subspan(1 + kBlock), c1));
}

TEST(ServerHandshake, digest_client_gets_a_digest_at_the_place_of_its_own_schema) {
  for (const std::size_t schema : {8U, 772U}) {
    Bytes c1 = filled(kBlock);
    const std::size_t place = place_of(c1, schema);
    const Bytes digest = digest_at(c1, place, "Genuine Adobe Flash Player 001");
    std::ranges::copy(digest, c1.begin() + static_cast<std::ptrdiff_t>(place));
    const Bytes answer = answer_to(c1);
    ASSERT_EQ(answer.size(), 1 + 2 * kBlock);
    const ByteView s1 = ByteView(answer).subspan(1, kBlock);
    const std::size_t s1_place = place_of(s1, schema);
    EXPECT_TRUE(std::ranges::equal(s1.subspan(s1_place, 32),
                                   digest_at(s1, s1_place, "Genuine Adobe Flash Media Server 001")));
    EXPECT_FALSE(std::ranges::equal(ByteView(answer).subspan(1 + kBlock), c1));
  }
}

TEST(ServerHandshake, wrong_digest_falls_back_to_the_simple_form) {
  const Bytes c1 = filled(kBlock);
  EXPECT_TRUE(std::ranges::equal(ByteView(answer_to(c1)).subspan(1 + kBlock), c1));
}

TEST(ServerHandshake, first_byte_tells_other_protocols_apart) {
  const auto error_for = [](std::uint8_t first) -> std::optional<ProtocolError> {
    ServerHandshake server(kNow);
    OutputBuffer out;
    const auto used = server.feed(Bytes{first}, out);
    if (used) return std::nullopt;
    return used.error();
  };
  EXPECT_EQ(error_for('G'), ProtocolError::kNotRtmp);
  EXPECT_EQ(error_for(32), ProtocolError::kNotRtmp);
  EXPECT_EQ(error_for(0x16), ProtocolError::kTlsOnPlainPort);
  EXPECT_EQ(error_for(6), ProtocolError::kEncryptedRtmp);
  EXPECT_EQ(error_for(3), std::nullopt);
  EXPECT_EQ(error_for(31), std::nullopt);
}

TEST(ServerHandshake, answer_to_the_second_block_is_never_looked_at) {
  const auto server = replay(Wire().raw({3}).raw(filled(2 * kBlock)).connect().bytes());
  EXPECT_EQ(server->error, std::nullopt);
  EXPECT_EQ(Received(server->sent).codes().size(), 1U);
}

TEST(ClientHandshake, repeats_the_servers_block_as_soon_as_it_is_there) {
  OutputBuffer out;
  ClientHandshake client(kNow, out);
  ASSERT_EQ(out.size(), 1 + kBlock);
  EXPECT_EQ(load_be32(out.view().data() + 5), 0U);
  out.consume(out.size());
  const Bytes s1 = filled(kBlock, 3);
  ASSERT_TRUE(client.feed(Bytes{3}, out));
  ASSERT_TRUE(client.feed(s1, out));
  EXPECT_TRUE(std::ranges::equal(out.view(), s1));
  EXPECT_FALSE(client.done());
  EXPECT_EQ(client.feed(filled(kBlock + 5), out), kBlock);
  EXPECT_TRUE(client.done());
}

}  // namespace
}  // namespace sluice::rtmp::test
