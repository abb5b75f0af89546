// A server session towards well-behaved and merely odd clients. Every script runs cut at every byte.
#include <gtest/gtest.h>

#include "wire.hpp"

namespace sluice::rtmp::test {
namespace {

using Strings = std::vector<std::string>;

const Bytes kFrame = {0x17, 1, 0, 0, 0, 9, 9};
const std::string kFrameAt40 = line_of({media::MessageKind::kVideo, 40, kFrame});

TEST(ServerSession, publisher_is_asked_for_and_its_media_arrives) {
  const auto server = replay(Wire().open("my?key=1&x").message(kVideo, 40, kFrame).bytes());
  EXPECT_EQ(server->events, (Strings{"publish app 'live' key 'my?key=1&x'", kFrameAt40}));
  EXPECT_EQ(server->request->software, "FMLE/3.0 (test)");
  EXPECT_EQ(server->request->tc_url, "rtmp://127.0.0.1/live");
  EXPECT_TRUE(server->session.publishing());
}

TEST(ServerSession, connect_is_answered_in_the_order_clients_rely_on) {
  Recorder server;
  ASSERT_TRUE(server.feed(Wire().handshake().connect().bytes()));
  const Received received(server.sent);
  ASSERT_EQ(received.messages.size(), 3U);  // SetChunkSize is carried out by the reader
  EXPECT_EQ(received.messages[0].type, kWindowAckSize);
  EXPECT_EQ(received.messages[1].type, kSetPeerBandwidth);
  EXPECT_EQ(received.messages[1].payload.size(), 5U);
  const auto commands = received.commands();
  ASSERT_EQ(commands.size(), 1U);
  EXPECT_EQ(commands[0].name, "_result");
  EXPECT_EQ(commands[0].transaction, 1);
  EXPECT_EQ(received.codes(), Strings{"NetConnection.Connect.Success"});
  EXPECT_EQ(commands[0].value(1)->object()->find("capsEx"), nullptr);
  // The chunk size must be announced before the result: ffmpeg copies it from there.
  const std::string wire(server.sent.begin(), server.sent.end());
  const std::string set_chunk_size{"\x02\0\0\0\0\0\x04\x01\0\0\0\0\0\x01\0\0", 16};
  ASSERT_NE(wire.find(set_chunk_size), std::string::npos);
  EXPECT_LT(wire.find(set_chunk_size), wire.find("_result"));
}

TEST(ServerSession, enhanced_client_is_told_what_we_forward) {
  Bytes payload = begin_command("connect", 1);
  amf0::begin_object(payload);
  amf0::put_key(payload, "app");
  amf0::put_string(payload, "live");
  amf0::put_key(payload, "capsEx");
  amf0::put_number(payload, 15);
  amf0::end_object(payload);
  const auto server = replay(Wire().handshake().command(payload).bytes());
  const auto commands = Received(server->sent).commands();
  const amf0::Object* info = commands.at(0).value(1)->object();
  EXPECT_EQ(info->number("capsEx"), 14);
  EXPECT_EQ(info->find("videoFourCcInfoMap")->object()->number("*"), 4);
  EXPECT_EQ(info->find("audioFourCcInfoMap")->object()->number("*"), 4);
}

TEST(ServerSession, publish_start_comes_on_the_publish_stream_with_transaction_zero) {
  Recorder server;
  ASSERT_TRUE(server.feed(Wire().open().bytes()));
  const Received received(server.sent);
  const auto& last = received.messages.back();
  EXPECT_EQ(last.stream_id, 1U);
  EXPECT_EQ(received.commands().back().transaction, 0);
  EXPECT_EQ(received.codes().back(), "NetStream.Publish.Start");
}

TEST(ServerSession, empty_key_with_create_stream_as_type_three_chunk) {
  // OBS with an empty key: FCPublish and createStream are equally long, so only one byte is sent as header.
  Bytes create = begin_command("createStream", 4);
  amf0::put_null(create);
  const auto script = Wire()
                          .handshake()
                          .connect()
                          .call("releaseStream", 2, "")
                          .call("FCPublish", 3, "")
                          .raw({0xC3})
                          .raw(create)
                          .publish("")
                          .message(kVideo, 40, kFrame);
  const auto server = replay(script.bytes());
  EXPECT_EQ(server->events, (Strings{"publish app 'live' key ''", kFrameAt40}));
}

TEST(ServerSession, names_are_delivered_byte_for_byte) {
  const std::string odd{"a b\0\xff?x=/../ ", 14};
  Recorder server;
  ASSERT_TRUE(server.feed(
      Wire().handshake().connect("live2/?backup=1/").call("createStream", 2).publish(odd).bytes()));
  EXPECT_EQ(server.request->app, "live2/?backup=1/");
  EXPECT_EQ(server.request->key.reveal(), odd);
}

TEST(ServerSession, clients_without_announcements_and_with_transaction_zero_may_publish) {
  const auto bare = replay(Wire()
                               .handshake()
                               .connect()
                               .call("createStream", 2)
                               .call("publish", 0, "k", 1)
                               .message(kVideo, 40, kFrame)
                               .bytes());
  EXPECT_EQ(bare->events.back(), kFrameAt40);
  const auto zero = replay(Wire()
                               .handshake()
                               .connect()
                               .call("releaseStream", 0, "k")
                               .call("FCPublish", 0, "k")
                               .call("createStream", 2)
                               .call("publish", 0, "k", 1)
                               .bytes());
  EXPECT_TRUE(zero->session.publishing());
  EXPECT_EQ(Received(zero->sent).names(), (Strings{"_result", "onFCPublish", "_result", "onStatus"}));
}

TEST(ServerSession, calls_with_an_id_are_answered_and_those_without_are_not) {
  Recorder server;
  ASSERT_TRUE(server.feed(Wire()
                              .handshake()
                              .connect()
                              .call("_checkbw", 7)
                              .call("whatIsThis", 8)
                              .call("whatIsThis", 0)
                              .call("getStreamLength", 9, "k")
                              .call("_result", 10)
                              .bytes()));
  const auto commands = Received(server.sent).commands();
  ASSERT_EQ(commands.size(), 4U);
  EXPECT_EQ(commands[1].name, "_result");
  EXPECT_EQ(commands[1].transaction, 7);
  EXPECT_EQ(commands[2].name, "_error");
  EXPECT_EQ(commands[2].transaction, 8);
  EXPECT_EQ(commands[3].transaction, 9);
}

TEST(ServerSession, stopping_is_heard_once_however_it_is_said) {
  const auto obs =
      replay(Wire().open().call("FCUnpublish", 6, "key").call_number("deleteStream", 7, 1).bytes());
  EXPECT_EQ(obs->count("unpublish"), 1U);
  EXPECT_EQ(Received(obs->sent).codes().back(), "NetStream.Unpublish.Success");
  const auto gstreamer = replay(Wire().open().call("deleteStream", 0, "key").bytes());
  EXPECT_EQ(gstreamer->count("unpublish"), 1U);
  const auto flash = replay(Wire().open().call("closeStream", 0, {}, 1).bytes());
  EXPECT_EQ(flash->count("unpublish"), 1U);
  const auto other = replay(Wire().open().call_number("deleteStream", 7, 5).bytes());
  EXPECT_EQ(other->count("unpublish"), 0U);
}

TEST(ServerSession, publishes_again_on_the_same_connection) {
  Wire script;
  script.open("one").message(kVideo, 40, kFrame);
  for (int i = 0; i < 20; ++i) {
    script.call("FCUnpublish", 6, "one")
        .call_number("deleteStream", 7, 1)
        .call("createStream", 8)
        .publish("two");
  }
  script.message(kVideo, 80, kFrame);
  const auto server = std::make_unique<Recorder>();
  ASSERT_TRUE(server->feed(script.bytes()));
  EXPECT_EQ(server->count("unpublish"), 20U);
  EXPECT_EQ(server->request->key.reveal(), "two");
  EXPECT_EQ(server->events.back(), line_of({media::MessageKind::kVideo, 80, kFrame}));
}

TEST(ServerSession, late_delete_of_an_old_stream_does_not_stop_the_new_publish) {
  const auto script = Wire()
                          .open("one")
                          .call("FCUnpublish", 6, "one")
                          .call("createStream", 8)
                          .call("publish", 9, "two", 2)
                          .call_number("deleteStream", 7, 1)
                          .message(kVideo, 40, kFrame, 2);
  const auto server = replay(script.bytes());
  EXPECT_EQ(server->count("unpublish"), 1U);
  EXPECT_EQ(server->events.back(), kFrameAt40);
}

TEST(ServerSession, setup_deadline_runs_until_publishing_and_anew_after_it) {
  Recorder server;
  EXPECT_EQ(server.session.setup_deadline(), kNow + kSetupDeadline);
  ASSERT_TRUE(server.feed(Wire().handshake().bytes(), kNow + std::chrono::seconds(3)));
  EXPECT_EQ(server.session.setup_deadline(), kNow + kSetupDeadline);
  ASSERT_TRUE(server.feed(Wire().connect().call("createStream", 2).publish("k").bytes()));
  EXPECT_EQ(server.session.setup_deadline(), std::nullopt);
  const Instant later = kNow + std::chrono::hours(1);
  ASSERT_TRUE(server.feed(Wire().call("FCUnpublish", 6, "k").bytes(), later));
  EXPECT_EQ(server.session.setup_deadline(), later + kSetupDeadline);
}

TEST(ServerSession, refused_publisher_learns_why_and_is_heard_no_more) {
  const auto server =
      replay(Wire().open().message(kVideo, 40, kFrame).publish("other").bytes(), Answer::kRefuse);
  EXPECT_EQ(server->events, Strings{"publish app 'live' key 'key'"});
  EXPECT_EQ(Received(server->sent).codes().back(), "NetStream.Publish.Denied");
  EXPECT_FALSE(server->session.publishing());
}

TEST(ServerSession, each_refusal_has_the_code_that_clients_know) {
  const auto code_for = [](const Wire& wire, Refusal reason) {
    Recorder server(Answer::kLater);
    EXPECT_TRUE(server.feed(wire.bytes()));
    server.session.refuse(reason);
    server.drain();
    return Received(server.sent).codes().back();
  };
  const auto publish = Wire().open();
  EXPECT_EQ(code_for(publish, Refusal::kInUse), "NetStream.Publish.BadName");
  EXPECT_EQ(code_for(publish, Refusal::kWrongKey), "NetStream.Publish.Denied");
  const auto play = Wire().handshake().connect().call("createStream", 2).call("play", 3, "k", 1);
  EXPECT_EQ(code_for(play, Refusal::kNotFound), "NetStream.Play.StreamNotFound");
  EXPECT_EQ(code_for(play, Refusal::kNotAllowed), "NetStream.Play.Failed");
}

TEST(ServerSession, what_comes_before_the_answer_waits_for_it) {
  const auto script = Wire().open().message(kVideo, 40, kFrame).call("FCUnpublish", 6, "key").bytes();
  Recorder server(Answer::kLater);
  ASSERT_TRUE(server.feed(script));
  EXPECT_EQ(server.events.size(), 1U);
  server.session.accept();
  EXPECT_EQ(server.events.size(), 1U);
  ASSERT_TRUE(server.feed({}));
  EXPECT_EQ(server.events, (Strings{"publish app 'live' key 'key'", kFrameAt40, "unpublish"}));

  Recorder refused(Answer::kLater);
  ASSERT_TRUE(refused.feed(script));
  refused.session.refuse(Refusal::kWrongKey);
  ASSERT_TRUE(refused.feed({}));
  EXPECT_EQ(refused.events.size(), 1U);
}

TEST(ServerSession, taken_over_publisher_gets_a_reason_and_no_unpublish_is_reported) {
  Recorder server;
  ASSERT_TRUE(server.feed(Wire().open().bytes()));
  server.session.end_publish(Refusal::kInUse, "Another publisher took over.");
  ASSERT_TRUE(server.feed(Wire().message(kVideo, 40, kFrame).call("FCUnpublish", 6, "key").bytes()));
  EXPECT_EQ(server.events.size(), 1U);
  EXPECT_EQ(Received(server.sent).codes().back(), "NetStream.Publish.BadName");
}

TEST(ServerSession, metadata_repeats_and_plain_metadata_pass_and_nameless_data_does_not) {
  Bytes wrapped;
  amf0::put_string(wrapped, "@setDataFrame");
  amf0::put_string(wrapped, "onMetaData");
  amf0::begin_ecma_array(wrapped, 99);
  amf0::end_object(wrapped);
  Bytes plain;
  amf0::put_string(plain, "onMetaData");
  Bytes amf3{0};
  append(amf3, plain);
  const Bytes timecode{0x11, 0x22, 0x33, 0x44};
  const auto server = replay(Wire()
                                 .open()
                                 .message(kData, 0, wrapped)
                                 .message(kData, 0, wrapped)
                                 .message(kData, 0, timecode)
                                 .message(kData, 0, Bytes{})
                                 .message(kAmf3Data, 0, amf3)
                                 .message(kData, 0, plain)
                                 .bytes());
  const std::string wrapped_line = line_of({media::MessageKind::kData, 0, wrapped});
  const std::string plain_line = line_of({media::MessageKind::kData, 0, plain});
  EXPECT_EQ(server->events,
            (Strings{"publish app 'live' key 'key'", wrapped_line, wrapped_line, plain_line, plain_line}));
}

TEST(ServerSession, amf3_commands_are_read_behind_their_format_byte) {
  Bytes create{0};
  append(create, begin_command("createStream", 4));
  amf0::put_null(create);
  const auto server =
      replay(Wire().handshake().connect().message(kAmf3Command, 0, create, 0, 3).publish("k").bytes());
  EXPECT_EQ(server->events, Strings{"publish app 'live' key 'k'"});
}

TEST(ServerSession, aggregates_are_unpacked_from_the_time_of_the_message) {
  Bytes aggregate;
  for (const std::uint32_t time : {500U, 533U}) {
    append_u8(aggregate, 9);
    append_be24(aggregate, static_cast<std::uint32_t>(kFrame.size()));
    append_be24(aggregate, time);
    append_be32(aggregate, 0);
    append(aggregate, kFrame);
    append_be32(aggregate, static_cast<std::uint32_t>(11 + kFrame.size()));
  }
  append(aggregate, Bytes{9, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 1});  // a lie about its length: dropped
  const auto server = replay(Wire().open().message(kAggregate, 40, aggregate).bytes());
  EXPECT_EQ(server->events, (Strings{"publish app 'live' key 'key'", kFrameAt40,
                                     line_of({media::MessageKind::kVideo, 73, kFrame})}));
}

TEST(ServerSession, ping_is_answered_with_the_same_number) {
  const auto server =
      replay(Wire().handshake().connect().message(kUserControl, 0, Bytes{0, 6, 1, 2, 3, 4}, 0, 2).bytes());
  const auto pong = Received(server->sent).messages.back();
  EXPECT_EQ(pong.type, kUserControl);
  EXPECT_EQ(pong.payload, (Bytes{0, 7, 1, 2, 3, 4}));
}

TEST(ServerSession, publisher_is_acknowledged_without_asking) {
  Recorder server;
  ASSERT_TRUE(server.feed(Wire().open().bytes()));
  const Bytes frame = filled(100'000);
  Wire media;
  media.chunk_size(65536);
  for (std::uint32_t i = 0; i < 30; ++i) media.message(kVideo, i, frame);
  const Bytes bytes = media.bytes();
  for (std::size_t at = 0; at < bytes.size(); at += 50'000) {
    ASSERT_TRUE(server.feed(ByteView(bytes).subspan(at, std::min<std::size_t>(50'000, bytes.size() - at))));
  }
  std::size_t acks = 0;
  const Received received(server.sent);
  for (const auto& message : received.messages) acks += message.type == kAcknowledgement ? 1 : 0;
  EXPECT_EQ(acks, 2U);
  EXPECT_EQ(server.session.received_bytes(), bytes.size() + Wire().open().bytes().size());
}

Bytes player_script() {
  return Wire()
      .handshake()
      .connect()
      .message(kWindowAckSize, 0, Bytes{0, 0x26, 0x25, 0xA0}, 0, 2)
      .call("createStream", 2)
      .call("getStreamLength", 3, "k")
      .call("FCSubscribe", 3, "k")
      .call("play", 4, "k", 1)
      .message(kUserControl, 1, Bytes{0, 3, 0, 0, 0, 1, 0, 0, 0x0B, 0xB8}, 0, 2)
      .bytes();
}

TEST(ServerSession, player_is_asked_for_and_told_that_it_plays) {
  const auto server = replay(player_script());
  EXPECT_EQ(server->events, Strings{"play app 'live' key 'k'"});
  EXPECT_TRUE(server->session.playing());
  EXPECT_EQ(Received(server->sent).codes(),
            (Strings{"NetConnection.Connect.Success", "NetStream.Play.Reset", "NetStream.Play.Start"}));
}

TEST(ServerSession, player_receives_media_with_its_timestamps_and_bare_metadata) {
  Recorder server;
  ASSERT_TRUE(server.feed(player_script()));
  Bytes wrapped;
  amf0::put_string(wrapped, "@setDataFrame");
  Bytes bare;
  amf0::put_string(bare, "onMetaData");
  append(wrapped, bare);
  const Bytes big = filled(200'000);
  server.session.send({media::MessageKind::kData, 0, wrapped});
  server.session.send({media::MessageKind::kVideo, 0xFFFFFFF0, big});
  server.session.send({media::MessageKind::kAudio, 0xFFFFFFF5, kFrame});
  server.session.send({media::MessageKind::kVideo, 0x10, kFrame});
  server.session.send({media::MessageKind::kVideo, 0x08, kFrame});
  server.drain();
  const auto messages = Received(server.sent).messages;
  ASSERT_GE(messages.size(), 5U);
  const auto* last = &messages[messages.size() - 5];
  EXPECT_EQ(last[0].payload, bare);
  EXPECT_EQ(last[1].payload, big);
  EXPECT_EQ(last[1].timestamp_ms, 0xFFFFFFF0U);
  EXPECT_EQ(last[2].timestamp_ms, 0xFFFFFFF5U);
  EXPECT_EQ(last[3].timestamp_ms, 0x10U);
  EXPECT_EQ(last[4].timestamp_ms, 0x08U);
  EXPECT_EQ(last[4].stream_id, 1U);
}

TEST(ServerSession, player_hears_the_end_and_its_own_leaving_is_reported) {
  Recorder ended;
  ASSERT_TRUE(ended.feed(player_script()));
  ended.session.send_play_end();
  ended.drain();
  EXPECT_EQ(Received(ended.sent).codes().back(), "NetStream.Play.Stop");
  EXPECT_FALSE(ended.session.playing());

  Recorder left;
  ASSERT_TRUE(left.feed(player_script()));
  ASSERT_TRUE(left.feed(Wire().call_number("deleteStream", 5, 1).bytes()));
  EXPECT_EQ(left.events.back(), "play stop");
}

TEST(ServerSession, connect_object_may_be_an_array_or_lack_its_end) {
  for (const bool array : {true, false}) {
    Bytes payload = begin_command("connect", 1);
    if (array) {
      amf0::begin_ecma_array(payload, 77);
    } else {
      amf0::begin_object(payload);
    }
    amf0::put_key(payload, "app");
    amf0::put_string(payload, "live");
    const auto server =
        replay(Wire().handshake().command(payload).call("createStream", 2).publish("k").bytes());
    EXPECT_EQ(server->events, Strings{"publish app 'live' key 'k'"});
  }
}

TEST(ServerSession, missing_or_null_name_is_the_empty_key) {
  Bytes null_name = begin_command("publish", 5);
  amf0::put_null(null_name);
  amf0::put_null(null_name);
  const auto null =
      replay(Wire().handshake().connect().call("createStream", 2).command(null_name, 1).bytes());
  EXPECT_EQ(null->events, Strings{"publish app 'live' key ''"});
  const auto missing =
      replay(Wire().handshake().connect().call("createStream", 2).call("publish", 5, {}, 1).bytes());
  EXPECT_EQ(missing->events, Strings{"publish app 'live' key ''"});
}

}  // namespace
}  // namespace sluice::rtmp::test
