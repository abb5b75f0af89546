// The short list of publishers that were turned away.
#include "manager/refused_list.hpp"

#include <gtest/gtest.h>

namespace sluice::manager {
namespace {

control::RefusedPublish refused(const std::string& app, const std::string& key = "") {
  return {app, Secret(key), "127.0.0.1:5"};
}

TEST(RefusedList, keeps_the_newest_first_and_each_address_once) {
  RefusedList list;
  list.add(refused("a"));
  list.add(refused("b"));
  list.add(refused("a"));
  ASSERT_EQ(list.entries().size(), 2U);
  EXPECT_EQ(list.entries()[0].app, "a");
  EXPECT_EQ(list.entries()[1].app, "b");
}

TEST(RefusedList, stays_short_whatever_is_thrown_at_it) {
  RefusedList list;
  for (int i = 0; i < 100; ++i) list.add(refused(std::to_string(i)));
  ASSERT_EQ(list.entries().size(), kMaxRefused);
  EXPECT_EQ(list.entries()[0].app, "99");
}

TEST(RefusedList, drops_what_has_become_a_source) {
  RefusedList list;
  list.add(refused("live", "x"));
  list.add(refused("live", "y"));
  list.forget_known({{2, {.id = 2, .name = "n", .app = "live", .key = Secret("x")}}});
  ASSERT_EQ(list.entries().size(), 1U);
  EXPECT_EQ(list.entries()[0].key.reveal(), "y");
}

}  // namespace
}  // namespace sluice::manager
