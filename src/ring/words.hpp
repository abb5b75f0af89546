// Copies into and out of shared memory by relaxed 64-bit atomic accesses: the other side may touch the same
// words at the same time, and throws away what it then gets. Used by the writer and by the readers.
#pragma once

#include <atomic>
#include <cstring>
#include <span>

#include "base/bytes.hpp"
#include "ring/layout.hpp"

namespace sluice::ring {

// REQUIRES: `to` is aligned to a word and has room for padded(from.size()). The last word is filled with
// zeros.
inline void store_words(std::byte* to, ByteView from) {
  auto* words = reinterpret_cast<std::uint64_t*>(to);
  const std::size_t whole = from.size() / kWordBytes;
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < whole; ++i) {
    std::memcpy(&word, from.data() + i * kWordBytes, kWordBytes);
    std::atomic_ref(words[i]).store(word, std::memory_order_relaxed);
  }
  if (const std::size_t rest = from.size() % kWordBytes; rest != 0) {
    word = 0;
    std::memcpy(&word, from.data() + whole * kWordBytes, rest);
    std::atomic_ref(words[whole]).store(word, std::memory_order_relaxed);
  }
}

// REQUIRES: `from` is aligned to a word and padded(to.size()) bytes of it are mapped.
inline void load_words(const std::byte* from, std::span<std::uint8_t> to) {
  // atomic_ref<const T> is C++26; only loads are made, which a read-only mapping allows.
  auto* words = reinterpret_cast<std::uint64_t*>(const_cast<std::byte*>(from));
  const std::size_t whole = to.size() / kWordBytes;
  for (std::size_t i = 0; i < whole; ++i) {
    const std::uint64_t word = std::atomic_ref(words[i]).load(std::memory_order_relaxed);
    std::memcpy(to.data() + i * kWordBytes, &word, kWordBytes);
  }
  if (const std::size_t rest = to.size() % kWordBytes; rest != 0) {
    const std::uint64_t word = std::atomic_ref(words[whole]).load(std::memory_order_relaxed);
    std::memcpy(to.data() + whole * kWordBytes, &word, rest);
  }
}

}  // namespace sluice::ring
