// Shared memory, its double mapping and its seals; wake-ups; the directory lock.
#include "os/shared_memory.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "os/directory_lock.hpp"
#include "os/wake.hpp"
#include "temporary_directory.hpp"

namespace sluice::os {
namespace {

constexpr std::size_t kPage = 4096;

TEST(SharedMemory, a_ring_mapping_shows_the_data_twice_in_a_row_behind_one_head) {
  const auto fd = create_shared_memory("test", 3 * kPage).value();
  const auto mapping = Mapping::map_ring(fd.get(), kPage, 2 * kPage, Access::kReadWrite).value();
  ASSERT_EQ(mapping.size(), 5 * kPage);
  std::byte* const data = mapping.data() + kPage;
  mapping.data()[0] = std::byte{9};
  for (std::size_t i = 0; i < 2 * kPage; i += 512) {
    data[i] = std::byte{1};
    EXPECT_EQ(data[2 * kPage + i], std::byte{1}) << i;
    data[2 * kPage + i] = std::byte{2};
    EXPECT_EQ(data[i], std::byte{2}) << i;
  }
  EXPECT_EQ(mapping.data()[0], std::byte{9});
}

TEST(SharedMemory, sealed_content_cannot_be_changed_by_whoever_has_it) {
  const auto fd = create_shared_memory("test", 0).value();
  const Bytes bytes{1, 2, 3, 4};
  EXPECT_FALSE(write_at(fd.get(), 0, bytes));
  EXPECT_FALSE(write_at(fd.get(), 4, bytes)) << "it grows";
  EXPECT_FALSE(content_is_sealed(fd.get()));
  EXPECT_FALSE(seal_content(fd.get()));
  EXPECT_TRUE(content_is_sealed(fd.get()));
  EXPECT_TRUE(write_at(fd.get(), 0, bytes));
  EXPECT_TRUE(write_at(fd.get(), 8, bytes));
  EXPECT_NE(::ftruncate(fd.get(), 0), 0);
  EXPECT_FALSE(Mapping::map(fd.get(), 0, 8, Access::kReadWrite).has_value());

  Bytes back(3);
  EXPECT_FALSE(read_at(fd.get(), 3, back));
  EXPECT_EQ(back, (Bytes{4, 1, 2}));
  EXPECT_EQ(read_at(fd.get(), 6, back), std::errc::no_message_available);
}

TEST(SharedMemory, what_is_mapped_writable_cannot_be_sealed) {
  const auto fd = create_shared_memory("test", kPage).value();
  const auto mapping = Mapping::map(fd.get(), 0, kPage, Access::kReadWrite).value();
  EXPECT_EQ(seal_content(fd.get()), std::errc::device_or_resource_busy);
}

TEST(SharedMemory, what_one_mapping_writes_another_reads) {
  const auto fd = create_shared_memory("test", 2 * kPage).value();
  const auto writing = Mapping::map(fd.get(), 0, 2 * kPage, Access::kReadWrite).value();
  const auto reading = Mapping::map(fd.get(), kPage, kPage, Access::kRead).value();
  writing.data()[kPage + 5] = std::byte{77};
  EXPECT_EQ(reading.data()[5], std::byte{77});
}

TEST(SharedMemory, sealing_for_readers_keeps_the_writers_mapping_and_forbids_new_ones) {
  const auto fd = create_shared_memory("test", kPage).value();
  const auto writing = Mapping::map(fd.get(), 0, kPage, Access::kReadWrite).value();
  EXPECT_FALSE(size_is_sealed(fd.get()));
  ASSERT_FALSE(seal_shared_memory(fd.get(), true));
  EXPECT_TRUE(size_is_sealed(fd.get()));
  const auto reading = Mapping::map(fd.get(), 0, kPage, Access::kRead).value();
  writing.data()[0] = std::byte{5};
  EXPECT_EQ(reading.data()[0], std::byte{5});
  EXPECT_FALSE(Mapping::map(fd.get(), 0, kPage, Access::kReadWrite));
  EXPECT_NE(::ftruncate(fd.get(), 0), 0);
}

TEST(SharedMemory, a_page_sealed_for_its_size_only_can_still_be_written_by_others) {
  const auto fd = create_shared_memory("test", kPage).value();
  ASSERT_FALSE(seal_shared_memory(fd.get(), false));
  EXPECT_TRUE(Mapping::map(fd.get(), 0, kPage, Access::kReadWrite));
  EXPECT_EQ(shared_memory_size(fd.get()), kPage);
}

TEST(SharedMemory, descriptors_do_not_pass_an_exec) {
  const auto fd = create_shared_memory("test", kPage).value();
  const auto event = create_wake().value();
  EXPECT_NE(::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(::fcntl(event.get(), F_GETFD) & FD_CLOEXEC, 0);
}

bool is_readable(int fd) {
  pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, 0) == 1;
}

void drain(int fd) {
  std::array<std::uint8_t, kWakeBytes> count{};
  [[maybe_unused]] const auto taken = ::read(fd, count.data(), count.size());
}

TEST(Wake, many_wakes_are_one_and_reading_resets_it) {
  const auto event = create_wake().value();
  EXPECT_FALSE(is_readable(event.get()));
  wake(event.get());
  wake(event.get());
  EXPECT_TRUE(is_readable(event.get()));
  drain(event.get());
  EXPECT_FALSE(is_readable(event.get()));
}

TEST(Wake, a_full_counter_and_an_empty_one_block_nobody) {
  const auto event = create_wake().value();
  const std::uint64_t almost_full = 0xFFFFFFFFFFFFFFFE;
  ASSERT_EQ(::write(event.get(), &almost_full, sizeof(almost_full)), 8);
  wake(event.get());
  EXPECT_TRUE(is_readable(event.get()));
  drain(event.get());
  drain(event.get());
  EXPECT_FALSE(is_readable(event.get()));
}

TEST(DirectoryLock, is_free_again_when_its_holder_dies) {
  const TemporaryDirectory directory;
  int ready[2];
  int finish[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(finish), 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    ::close(finish[1]);
    const auto lock = lock_directory(directory.path);
    char byte = lock ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
    [[maybe_unused]] const auto end = ::read(finish[0], &byte, 1);  // until the test closes its end
    ::_exit(0);
  }
  char held = 0;
  ASSERT_EQ(::read(ready[0], &held, 1), 1);
  EXPECT_EQ(held, 'y');
  EXPECT_EQ(lock_directory(directory.path).error(), std::errc::operation_would_block);
  ::close(finish[1]);
  ASSERT_EQ(::waitpid(holder, nullptr, 0), holder);
  EXPECT_TRUE(lock_directory(directory.path));
  for (const int fd : {ready[0], ready[1], finish[0]}) ::close(fd);
}

TEST(DirectoryLock, a_directory_that_is_not_there_is_an_error) {
  EXPECT_EQ(lock_directory("/nonexistent/sluice").error(), std::errc::no_such_file_or_directory);
}

}  // namespace
}  // namespace sluice::os
