// Message sockets: whole messages, passed descriptors, bounds, long paths.
#include "os/channel.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "temporary_directory.hpp"

namespace sluice::os {
namespace {

class Channel : public testing::Test {
 protected:
  Channel() {
    listener = listen_channel(directory.path, "worker.sock").value();
    manager = connect_channel(directory.path, "worker.sock").value();
    worker = accept_channel(listener.get()).value();
  }
  TemporaryDirectory directory;
  UniqueFd listener, manager, worker;
};

TEST_F(Channel, a_message_arrives_whole_in_both_directions) {
  ASSERT_FALSE(send_message(manager.get(), "configure"));
  ASSERT_FALSE(send_message(manager.get(), "ring"));
  ASSERT_FALSE(send_message(worker.get(), "hello"));
  EXPECT_EQ(receive_message(worker.get()).value().text, "configure");
  EXPECT_EQ(receive_message(worker.get()).value().text, "ring");
  EXPECT_EQ(receive_message(manager.get()).value().text, "hello");
}

TEST(ChannelPair, both_ends_talk_and_see_the_other_one_go) {
  auto [one, other] = channel_pair().value();
  const std::string largest(kMaxChannelMessageBytes, 'm');
  ASSERT_FALSE(send_message(one.get(), largest));
  EXPECT_EQ(receive_message(other.get()).value().text, largest);
  EXPECT_EQ(receive_message(other.get()).error(), std::errc::resource_unavailable_try_again);
  ASSERT_FALSE(send_message(other.get(), "back"));
  EXPECT_EQ(receive_message(one.get()).value().text, "back");
  other.reset();
  EXPECT_EQ(receive_message(one.get()).error(), std::errc::not_connected);
}

TEST_F(Channel, descriptors_arrive_in_order_beside_the_message_and_do_not_pass_an_exec) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const UniqueFd reading(pipe_ends[0]);
  UniqueFd writing(pipe_ends[1]);
  ASSERT_FALSE(send_message(manager.get(), "two", {reading.get(), writing.get()}));
  const auto message = receive_message(worker.get()).value();
  ASSERT_EQ(message.fds.size(), 2U);
  for (const UniqueFd& fd : message.fds) EXPECT_NE(::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, 0);
  char byte = 'x';
  ASSERT_EQ(::write(message.fds[1].get(), &byte, 1), 1);
  byte = 0;
  ASSERT_EQ(::read(message.fds[0].get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'x');
}

TEST_F(Channel, the_largest_message_with_the_most_descriptors_passes_and_more_is_refused) {
  const std::string largest(kMaxChannelMessageBytes, 'm');
  const std::vector<int> most(kMaxChannelFds, worker.get());
  ASSERT_FALSE(send_message(manager.get(), largest, most));
  const auto message = receive_message(worker.get()).value();
  EXPECT_EQ(message.text, largest);
  EXPECT_EQ(message.fds.size(), kMaxChannelFds);
  EXPECT_EQ(send_message(manager.get(), largest + "m"), std::errc::message_size);
  EXPECT_EQ(send_message(manager.get(), "m", std::vector<int>(kMaxChannelFds + 1, worker.get())),
            std::errc::message_size);
  EXPECT_EQ(send_message(manager.get(), ""), std::errc::message_size);
}

TEST_F(Channel, an_oversize_message_of_a_hostile_peer_is_an_error_and_the_next_one_arrives) {
  const std::string oversize(kMaxChannelMessageBytes + 1, 'm');
  ASSERT_EQ(::send(manager.get(), oversize.data(), oversize.size(), 0),
            static_cast<ssize_t>(oversize.size()));
  ASSERT_FALSE(send_message(manager.get(), "next"));
  EXPECT_EQ(receive_message(worker.get()).error(), std::errc::message_size);
  EXPECT_EQ(receive_message(worker.get()).value().text, "next");
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

TEST_F(Channel, too_many_descriptors_of_a_hostile_peer_are_an_error_and_none_stays_open) {
  constexpr std::size_t kCount = kMaxChannelFds + 4;
  std::array<int, kCount> fds;
  fds.fill(worker.get());
  char byte = 'm';
  iovec part{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(fds))> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(fds));
  std::memcpy(CMSG_DATA(rights), fds.data(), sizeof(fds));
  ASSERT_EQ(::sendmsg(manager.get(), &header, 0), 1);
  const std::size_t before = open_descriptors();
  EXPECT_EQ(receive_message(worker.get()).error(), std::errc::message_size);
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(Channel, nothing_to_read_is_eagain_and_a_closed_peer_is_enotconn) {
  EXPECT_EQ(receive_message(worker.get()).error(), std::errc::resource_unavailable_try_again);
  EXPECT_EQ(accept_channel(listener.get()).error(), std::errc::resource_unavailable_try_again);
  manager.reset();
  EXPECT_EQ(receive_message(worker.get()).error(), std::errc::not_connected);
}

TEST_F(Channel, what_was_sent_before_the_peer_closed_still_arrives) {
  ASSERT_FALSE(send_message(manager.get(), "last"));
  manager.reset();
  EXPECT_EQ(receive_message(worker.get()).value().text, "last");
  EXPECT_EQ(receive_message(worker.get()).error(), std::errc::not_connected);
}

TEST_F(Channel, sending_to_a_closed_peer_is_an_error_not_a_signal) {
  worker.reset();
  EXPECT_TRUE(send_message(manager.get(), "hello?"));
}

TEST_F(Channel, a_peer_that_does_not_read_costs_eagain_not_a_wait) {
  const std::string text(64U << 10U, 'm');
  std::error_code error;
  for (int i = 0; i < 1000 && !error; ++i) error = send_message(manager.get(), text);
  EXPECT_EQ(error, std::errc::resource_unavailable_try_again);
}

TEST_F(Channel, the_socket_belongs_to_its_user_alone_and_names_its_peer) {
  struct stat status{};
  ASSERT_EQ(::stat((directory.path + "/worker.sock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(channel_peer(worker.get()), ::getpid());
}

TEST_F(Channel, a_stale_socket_is_replaced_and_the_new_one_answers) {
  const auto newer = listen_channel(directory.path, "worker.sock").value();
  const auto caller = connect_channel(directory.path, "worker.sock").value();
  EXPECT_TRUE(accept_channel(newer.get()));
  EXPECT_FALSE(accept_channel(listener.get()));
}

TEST_F(Channel, connecting_where_nobody_listens_any_more_is_refused) {
  listener.reset();
  EXPECT_EQ(connect_channel(directory.path, "worker.sock").error(), std::errc::connection_refused);
  EXPECT_EQ(connect_channel(directory.path, "other").error(), std::errc::no_such_file_or_directory);
}

TEST(ChannelPath, a_directory_longer_than_a_socket_address_works) {
  const TemporaryDirectory directory;
  const std::string deep = directory.path + "/" + std::string(120, 'a') + "/" + std::string(120, 'b');
  std::filesystem::create_directories(deep);
  const auto listener = listen_channel(deep, "worker.sock").value();
  const auto caller = connect_channel(deep, "worker.sock").value();
  const auto worker = accept_channel(listener.get()).value();
  ASSERT_FALSE(send_message(caller.get(), "far"));
  EXPECT_EQ(receive_message(worker.get()).value().text, "far");
  EXPECT_TRUE(std::filesystem::exists(deep + "/worker.sock"));
}

TEST(ChannelPath, a_name_longer_than_a_socket_address_is_refused) {
  const TemporaryDirectory directory;
  EXPECT_EQ(listen_channel(directory.path, std::string(120, 'n')).error(), std::errc::filename_too_long);
}

}  // namespace
}  // namespace sluice::os
