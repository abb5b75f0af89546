// Which descriptors are accepted as a ring, and what a reader cannot do with one.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "handmade_ring.hpp"
#include "ring/writer.hpp"

namespace sluice::ring {
namespace {

RingError refusal(HandmadeRing& ring) {
  EXPECT_FALSE(os::seal_shared_memory(ring.fd.get(), false));
  const auto reader = Reader::open(ring.fd.get());
  EXPECT_FALSE(reader);
  return reader ? RingError::kSystem : reader.error();
}

TEST(RingOpen, a_well_formed_sealed_ring_opens_and_outlives_its_descriptor) {
  HandmadeRing ring;
  ring.put_record(0, pattern(8));
  ring.set_window(40, 40);
  ASSERT_FALSE(os::seal_shared_memory(ring.fd.get(), false));
  auto reader = Reader::open(ring.fd.get());
  ASSERT_TRUE(reader);
  ring.fd.reset();
  Position cursor = 0;
  Record record;
  EXPECT_EQ(reader->next(cursor, record), ReadResult::kMessage);
}

TEST(RingOpen, memory_that_could_still_be_resized_is_refused) {
  HandmadeRing ring;
  EXPECT_EQ(Reader::open(ring.fd.get()).error(), RingError::kNotSealed);
  ASSERT_EQ(::fcntl(ring.fd.get(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
  EXPECT_EQ(Reader::open(ring.fd.get()).error(), RingError::kNotSealed);
}

TEST(RingOpen, another_magic_is_refused) {
  HandmadeRing ring;
  ++ring.header().magic;
  EXPECT_EQ(refusal(ring), RingError::kBadLayout);
}

TEST(RingOpen, another_version_is_refused) {
  HandmadeRing ring;
  ++ring.header().version;
  EXPECT_EQ(refusal(ring), RingError::kBadLayout);
}

TEST(RingOpen, another_size_of_the_head_is_refused) {
  HandmadeRing ring;
  ring.header().head_bytes += 4096;
  EXPECT_EQ(refusal(ring), RingError::kBadLayout);
}

TEST(RingOpen, a_data_size_that_is_not_the_files_is_refused) {
  HandmadeRing ring;
  ring.header().data_bytes *= 2;
  EXPECT_EQ(refusal(ring), RingError::kBadLayout);
}

TEST(RingOpen, a_data_size_that_is_no_power_of_two_is_refused) {
  auto fd = os::create_shared_memory("odd", kHeadBytes + kSmallRing + 4096).value();
  {
    const auto mapping = os::Mapping::map(fd.get(), 0, kHeadBytes, os::Access::kReadWrite).value();
    auto& header = reinterpret_cast<Head*>(mapping.data())->header;
    header.magic = kMagic;
    header.version = kVersion;
    header.head_bytes = kHeadBytes;
    header.data_bytes = kSmallRing + 4096;
  }
  ASSERT_FALSE(os::seal_shared_memory(fd.get(), false));
  EXPECT_EQ(Reader::open(fd.get()).error(), RingError::kBadLayout);
}

TEST(RingOpen, a_file_too_short_for_a_ring_is_refused) {
  auto fd = os::create_shared_memory("short", 100).value();
  ASSERT_FALSE(os::seal_shared_memory(fd.get(), false));
  EXPECT_EQ(Reader::open(fd.get()).error(), RingError::kBadLayout);
}

TEST(RingOpen, a_descriptor_that_is_no_shared_memory_is_refused) {
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(Reader::open(null.get()).error(), RingError::kNotSealed);
  EXPECT_EQ(Reader::open(-1).error(), RingError::kSystem);
}

TEST(RingOpen, sizes_a_ring_cannot_have_are_refused_at_creation) {
  EXPECT_EQ(Writer::create(kMinDataBytes / 2).error(), RingError::kBadLayout);
  EXPECT_EQ(Writer::create(kMinDataBytes + 4096).error(), RingError::kBadLayout);
  EXPECT_EQ(Writer::create(2 * kMaxDataBytes).error(), RingError::kBadLayout);
}

TEST(RingOpen, a_holder_of_the_descriptor_can_neither_write_nor_resize) {
  const auto writer = Writer::create(kSmallRing).value();
  const std::size_t size = kHeadBytes + kSmallRing;
  EXPECT_EQ(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, writer.fd(), 0), MAP_FAILED);
  void* readable = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, writer.fd(), 0);
  ASSERT_NE(readable, MAP_FAILED);
  EXPECT_NE(::mprotect(readable, size, PROT_READ | PROT_WRITE), 0);
  ::munmap(readable, size);
  const char byte = 1;
  EXPECT_EQ(::pwrite(writer.fd(), &byte, 1, 0), -1);
  EXPECT_NE(::ftruncate(writer.fd(), 4096), 0);
  EXPECT_NE(::ftruncate(writer.fd(), static_cast<off_t>(2 * size)), 0);
  EXPECT_NE(::fcntl(writer.fd(), F_ADD_SEALS, F_SEAL_WRITE), 0);
}

TEST(RingOpen, rings_have_different_ids_that_readers_see_and_that_survive_as_text) {
  const auto one = Writer::create(kSmallRing).value();
  const auto two = Writer::create(kSmallRing).value();
  EXPECT_NE(one.id(), two.id());
  EXPECT_EQ(Reader::open(one.fd()).value().id(), one.id());
  RingId id;
  ASSERT_TRUE(from_hex(to_hex(one.id()), id));
  EXPECT_EQ(id, one.id());
}

TEST(RingOpen, text_that_is_no_ring_id_is_refused_and_changes_nothing) {
  RingId id;
  id.bytes.fill(3);
  const RingId before = id;
  EXPECT_FALSE(from_hex("", id));
  EXPECT_FALSE(from_hex("00112233445566778899aabbccddee", id));
  EXPECT_FALSE(from_hex("00112233445566778899aabbccddeeff00", id));
  EXPECT_FALSE(from_hex("00112233445566778899aabbccddeefg", id));
  EXPECT_EQ(id, before);
}

}  // namespace
}  // namespace sluice::ring
