// The writer overtakes a reader in the middle of a copy, at an exact byte: a page of the record is made
// unreadable, and the fault handler plays the writer before the copy goes on.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "handmade_ring.hpp"

namespace sluice::ring {
namespace {

constexpr std::size_t kPage = 4096;

// What the fault handler needs; one test at a time uses it.
struct Trap {
  HandmadeRing* ring = nullptr;
  std::byte* page = nullptr;
  Position intent = 0;
  bool sprung = false;
};
Trap trap;

void play_writer(int) {
  if (trap.sprung || ::mprotect(trap.page, kPage, PROT_READ | PROT_WRITE) != 0) ::_exit(3);
  trap.sprung = true;
  trap.ring->header().intent.store(trap.intent, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  for (std::size_t i = 0; i < kPage; ++i) trap.page[i] = std::byte{0xEE};
}

class OvertakenReader : public testing::Test {
 protected:
  OvertakenReader() {
    struct sigaction action{};
    action.sa_handler = play_writer;
    ::sigaction(SIGSEGV, &action, &before_);
  }
  ~OvertakenReader() override { ::sigaction(SIGSEGV, &before_, nullptr); }

  // Reads the record at 0, of three pages, while the writer moves its intent to `intent` and writes over page
  // `page` of the data at the moment the copy reaches that page.
  ReadResult read_overtaken(std::size_t page, Position intent, Position& cursor) {
    ring_.put_record(0, pattern(3 * kPage - sizeof(RecordHeader)));
    ring_.set_window(kSmallRing, kSmallRing);
    trap = {.ring = &ring_,
            .page = ring_.mapping.data() + kHeadBytes + page * kPage,
            .intent = intent,
            .sprung = false};
    EXPECT_EQ(::mprotect(trap.page, kPage, PROT_NONE), 0);
    Record record;
    const ReadResult result = ring_.reader().next(cursor, record);
    EXPECT_TRUE(trap.sprung);
    return result;
  }

 private:
  HandmadeRing ring_;
  struct sigaction before_{};
};

TEST_F(OvertakenReader, never_returns_a_message_whose_payload_was_overwritten_while_it_was_copied) {
  for (const std::size_t page : {1U, 2U}) {
    Position cursor = 0;
    EXPECT_EQ(read_overtaken(page, kSmallRing + 8, cursor), ReadResult::kLapped) << page;
    EXPECT_EQ(cursor, 0U);
  }
}

TEST_F(OvertakenReader, never_believes_a_length_that_was_overwritten_while_it_was_read) {
  Position cursor = 0;
  EXPECT_EQ(read_overtaken(0, kSmallRing + 8, cursor), ReadResult::kLapped);
}

TEST_F(OvertakenReader, keeps_a_message_when_the_writer_came_close_but_did_not_reach_it) {
  // The bytes change all the same here, which a real writer would not do: it is the intent that decides.
  Position cursor = 0;
  EXPECT_EQ(read_overtaken(1, kSmallRing, cursor), ReadResult::kMessage);
  EXPECT_EQ(cursor, 3 * kPage);
}

}  // namespace
}  // namespace sluice::ring
