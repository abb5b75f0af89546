// Secrets compare byte for byte and keep every byte.
#include "base/secret.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Secret, keeps_every_byte_and_its_length) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  const Secret secret{all};
  EXPECT_EQ(secret.reveal(), all);
  EXPECT_EQ(secret.size(), 256U);
}

TEST(Secret, an_empty_one_is_empty_and_equal_to_another_empty_one) {
  EXPECT_TRUE(Secret{}.empty());
  EXPECT_TRUE(Secret{} == Secret{std::string()});
}

TEST(Secret, differs_by_any_byte_case_blank_or_length) {
  const Secret secret{"live_Key"};
  EXPECT_TRUE(secret == Secret{"live_Key"});
  EXPECT_FALSE(secret == Secret{"live_key"});
  EXPECT_FALSE(secret == Secret{"live_Key "});
  EXPECT_FALSE(secret == Secret{"Live_Key"});
  EXPECT_FALSE(secret == Secret{std::string("live_Key\0", 9)});
}

TEST(Secret, a_copy_outlives_the_wiped_original) {
  Secret copy;
  {
    const Secret original{"a key long enough to live on the heap, not inside the string"};
    copy = original;
  }
  EXPECT_EQ(copy.reveal(), "a key long enough to live on the heap, not inside the string");
}

}  // namespace
}  // namespace sluice
