// The progress page: what one process writes another reads, whole or not at all.
#include "control/progress.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

namespace sluice::control {
namespace {

ring::RingId id_of(std::uint8_t byte) {
  ring::RingId id;
  id.bytes.fill(byte);
  return id;
}
ProgressMap other_side(const ProgressMap& map) {
  return ProgressMap::open(UniqueFd(::fcntl(map.fd(), F_DUPFD_CLOEXEC, 3))).value();
}

TEST(Progress, a_fresh_page_says_that_nothing_was_sent) {
  const auto manager = ProgressMap::create("progress").value();
  EXPECT_FALSE(manager.load_position());
  EXPECT_EQ(other_side(manager).page().sent_bytes, 0U);
}

TEST(Progress, position_counters_and_heartbeat_outlive_the_relay) {
  const auto manager = ProgressMap::create("progress").value();
  const Instant now{std::chrono::seconds{77}};
  {
    const auto relay = other_side(manager);
    relay.store_position({id_of(1), 100});
    relay.store_position({id_of(2), 4096});
    relay.page().reconnects = 3;
    relay.beat(now);
  }
  const auto progress = other_side(manager).load_position();
  ASSERT_TRUE(progress);
  EXPECT_EQ(progress->ring_id, id_of(2));
  EXPECT_EQ(progress->position, 4096U);
  EXPECT_EQ(manager.page().reconnects, 3U);
  EXPECT_EQ(manager.last_beat(), now);
}

TEST(Progress, a_relay_killed_while_it_stored_leaves_no_position_and_its_successor_can_store) {
  const auto manager = ProgressMap::create("progress").value();
  manager.store_position({id_of(1), 100});
  manager.page().sequence.fetch_add(1);
  manager.page().position = 999;
  EXPECT_FALSE(manager.load_position());
  manager.store_position({id_of(1), 200});
  EXPECT_EQ(manager.load_position().value().position, 200U);
}

TEST(Progress, what_is_no_progress_page_is_refused) {
  const auto refused = [](UniqueFd fd) {
    return ProgressMap::open(std::move(fd)).error() == std::errc::invalid_argument;
  };
  auto unsealed = os::create_shared_memory("page", kProgressPageBytes).value();
  EXPECT_TRUE(refused(std::move(unsealed)));
  auto larger = os::create_shared_memory("page", 2 * kProgressPageBytes).value();
  ASSERT_FALSE(os::seal_shared_memory(larger.get(), false));
  EXPECT_TRUE(refused(std::move(larger)));
  auto blank = os::create_shared_memory("page", kProgressPageBytes).value();
  ASSERT_FALSE(os::seal_shared_memory(blank.get(), false));
  EXPECT_TRUE(refused(std::move(blank)));
  const auto newer = ProgressMap::create("progress").value();
  ++newer.page().version;
  EXPECT_TRUE(refused(UniqueFd(::fcntl(newer.fd(), F_DUPFD_CLOEXEC, 3))));
}

TEST(Progress, ring_and_position_always_fit_while_they_change) {
  constexpr std::uint64_t kStores = 200'000;
  const auto map = ProgressMap::create("progress").value();
  map.store_position({id_of(0), 0});
  std::atomic<bool> done = false;
  std::uint64_t misfits = 0;
  std::thread reading([&] {
    while (!done) {
      const auto progress = map.load_position();
      if (progress && progress->ring_id != id_of(static_cast<std::uint8_t>(progress->position))) ++misfits;
    }
  });
  for (std::uint64_t i = 0; i < kStores; ++i) map.store_position({id_of(static_cast<std::uint8_t>(i)), i});
  done = true;
  reading.join();
  EXPECT_EQ(misfits, 0U);
}

}  // namespace
}  // namespace sluice::control
