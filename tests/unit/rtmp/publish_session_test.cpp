// Our publisher: against our own server, against what real servers answer, and against hostile ones.
#include "rtmp/publish_session.hpp"

#include <gtest/gtest.h>

#include "wire.hpp"

namespace sluice::rtmp::test {
namespace {

using Strings = std::vector<std::string>;

PublishTarget target(std::string key = "s3cret-key") {
  return {"live2?backup=1", "rtmp://h/live2?backup=1", Secret(std::move(key))};
}

// A server's answers, as bytes, and what the publisher makes of them.
struct Server {
  Server() { wire.handshake(); }
  Server& result(double transaction, std::optional<double> number = {}) {
    Bytes payload = begin_command("_result", transaction);
    amf0::put_null(payload);
    if (number) amf0::put_number(payload, *number);
    wire.command(payload);
    return *this;
  }
  Server& connected() { return result(1); }
  Server& created() { return result(4, 1); }
  Server& status(std::string_view level, std::string_view code, std::string_view text = "") {
    wire.command(status_command(level, code, text), 1);
    return *this;
  }
  Server& started() { return connected().created().status("status", "NetStream.Publish.Start"); }
  Wire wire;
};

struct Outcome {
  PublishState state;
  std::optional<ProtocolError> error;
  Bytes sent;
  std::string code;
  std::string description;
  bool redirected = false;
};

Outcome run(const Bytes& answers, std::size_t first, std::size_t piece, std::string key) {
  PublishSession session(target(std::move(key)), kNow);
  Outcome outcome{};
  std::size_t at = 0;
  for (std::size_t next = first; at < answers.size(); next = piece) {
    const std::size_t count = std::min(next, answers.size() - at);
    const auto fed = session.feed(ByteView(answers).subspan(at, count), kNow);
    if (!fed) {
      outcome.error = fed.error();
      break;
    }
    at += count;
  }
  append(outcome.sent, session.output());
  outcome.state = session.state();
  if (outcome.state == PublishState::kRefused || outcome.state == PublishState::kClosedByPeer) {
    outcome.code = session.refusal().code;
    outcome.description = session.refusal().description;
    outcome.redirected = session.refusal().redirected;
  }
  return outcome;
}

// Whole, cut in two at every byte, byte by byte.
Outcome replay_answers(const Server& server, const std::string& key = "s3cret-key") {
  const Bytes answers = server.wire.bytes();
  Outcome whole = run(answers, answers.size(), 1, key);
  for (std::size_t cut = 1; cut <= answers.size(); ++cut) {
    const std::size_t rest = cut == answers.size() ? 1 : answers.size();
    const Outcome other = run(answers, cut == answers.size() ? 1 : cut, rest, key);
    EXPECT_EQ(other.state, whole.state) << "cut at " << cut;
    EXPECT_EQ(other.error, whole.error) << "cut at " << cut;
    EXPECT_EQ(other.sent, whole.sent) << "cut at " << cut;
    if (testing::Test::HasFailure()) break;
  }
  return whole;
}

TEST(PublishSession, says_what_obs_says_in_the_same_order) {
  const Outcome outcome = replay_answers(Server().started());
  EXPECT_EQ(outcome.state, PublishState::kStreaming);
  const Received sent(outcome.sent);
  EXPECT_EQ(sent.names(), (Strings{"connect", "releaseStream", "FCPublish", "createStream", "publish"}));
  const auto commands = sent.commands();
  const amf0::Object* connect = commands[0].value(0)->object();
  EXPECT_EQ(connect->string("app"), "live2?backup=1");
  EXPECT_EQ(connect->string("tcUrl"), "rtmp://h/live2?backup=1");
  EXPECT_EQ(connect->string("type"), "nonprivate");
  EXPECT_EQ(connect->string("flashVer"), "FMLE/3.0 (compatible; FMSc/1.0)");
  EXPECT_EQ(*commands[4].value(1)->string(), "s3cret-key");
  EXPECT_EQ(*commands[4].value(2)->string(), "live");
  EXPECT_EQ(sent.messages.back().stream_id, 1U);
  // SetChunkSize(4096) stands before connect.
  const std::string wire(outcome.sent.begin(), outcome.sent.end());
  EXPECT_EQ(wire.find(std::string("\x02\0\0\0\0\0\x04\x01\0\0\0\0\0\0\x10\0", 16)),
            1 + 2 * kHandshakeBlockBytes);
}

TEST(PublishSession, connect_names_the_enhanced_codecs_and_nothing_otherwise) {
  const auto list_of = [](std::vector<media::Codec> codecs) -> std::optional<amf0::Value> {
    PublishSession session(target(), kNow, std::move(codecs));
    EXPECT_TRUE(session.feed(Server().wire.bytes(), kNow));
    const auto connect = Received(session.output()).commands().at(0);
    const amf0::Value* list = connect.value(0)->object()->find("fourCcList");
    return list == nullptr ? std::nullopt : std::optional(*list);
  };
  EXPECT_EQ(list_of({}), std::nullopt);
  EXPECT_EQ(list_of({media::Codec::kHevc, media::Codec::kOpus}),
            (amf0::Value{amf0::StrictArray{{amf0::Value{"hvc1"}, amf0::Value{"Opus"}}}}));
}

TEST(PublishSession, accepts_everything_until_the_platform_has_listed_what_it_takes) {
  PublishSession session(target(), kNow);
  EXPECT_TRUE(session.accepts(media::Codec::kHevc));
  Server server;
  Bytes answer = begin_command("_result", 1);
  amf0::put_null(answer);
  amf0::begin_object(answer);
  amf0::put_key(answer, "fourCcList");
  amf0::begin_strict_array(answer, 1);
  amf0::put_string(answer, "av01");
  amf0::end_object(answer);
  server.wire.command(answer);
  ASSERT_TRUE(session.feed(server.wire.bytes(), kNow));
  EXPECT_EQ(session.state(), PublishState::kCreate);
  EXPECT_FALSE(session.accepts(media::Codec::kHevc));
  EXPECT_TRUE(session.accepts(media::Codec::kAv1));
}

// An answer to connect as servers send it, with what the server calls itself.
Server connected_to(std::string_view name) {
  Bytes answer = begin_command("_result", 1);
  amf0::begin_object(answer);
  amf0::put_key(answer, "fmsVer");
  amf0::put_string(answer, name);
  amf0::end_object(answer);
  Server server;
  server.wire.command(answer);
  return server;
}

PublishSession asked_whether_it_would_connect(Server& server) {
  PublishSession session({"live", "rtmp://h/live", {}}, kNow, {}, Goal::kConnect);
  // What the server may add is not looked at any more.
  server.wire.raw({0xFF, 0xFF, 0xFF, 0xFF});
  EXPECT_TRUE(session.feed(server.wire.bytes(), kNow));
  return session;
}

TEST(PublishSession, whose_goal_is_to_connect_says_nothing_after_that) {
  auto server = connected_to("FMS/3,0,1,123");
  const auto session = asked_whether_it_would_connect(server);
  EXPECT_EQ(session.state(), PublishState::kConnected);
  EXPECT_EQ(session.server_name(), "FMS/3,0,1,123");
  EXPECT_EQ(Received(session.output()).names(), Strings{"connect"});
}

TEST(PublishSession, a_servers_name_is_cut_and_made_printable_and_may_be_missing) {
  auto nameless = Server().connected();
  EXPECT_EQ(asked_whether_it_would_connect(nameless).server_name(), "");
  auto loud = connected_to("\x1b[2J" + std::string(kMaxRefusalTextBytes, 'x'));
  const auto session = asked_whether_it_would_connect(loud);
  EXPECT_EQ(session.server_name(), "?[2J" + std::string(kMaxRefusalTextBytes - 4, 'x'));
}

TEST(PublishSession, waits_for_each_answer) {
  EXPECT_EQ(replay_answers(Server()).state, PublishState::kConnect);
  EXPECT_EQ(replay_answers(Server().connected()).state, PublishState::kCreate);
  EXPECT_EQ(replay_answers(Server().connected().created()).state, PublishState::kPublish);
}

TEST(PublishSession, takes_what_real_servers_send_around_the_answers) {
  Server srs;
  srs.wire.chunk_size(60000).message(kWindowAckSize, 0, Bytes{0, 0x26, 0x25, 0xA0}, 0, 2);
  srs.wire.message(kSetPeerBandwidth, 0, Bytes{0, 0x26, 0x25, 0xA0, 2}, 0, 2);
  srs.wire.message(kUserControl, 0, Bytes{0, 0, 0, 0, 0, 0}, 0, 2);
  srs.wire.message(kUserControl, 0, Bytes{0, 31, 0, 0, 0, 1}, 0, 5);
  srs.connected();
  srs.wire.command(begin_command("onBWDone", 0));
  srs.wire.command(begin_command("onFCPublish", 0));
  srs.result(2).result(3).created();
  srs.wire.message(77, 0, Bytes{1, 2, 3}, 0, 2);
  srs.status("status", "NetStream.Publish.Reset").status("status", "NetStream.Publish.Start");
  EXPECT_EQ(replay_answers(srs).state, PublishState::kStreaming);
}

TEST(PublishSession, answers_without_arguments_or_ids_are_understood) {
  Server bare;
  bare.wire.command(begin_command("_result", 1));
  bare.result(0).result(0, 1);  // releaseStream's and createStream's, both with id 0
  bare.status("status", "NetStream.Publish.Start");
  EXPECT_EQ(replay_answers(bare).state, PublishState::kStreaming);
}

TEST(PublishSession, refusals_of_release_and_fc_publish_are_no_refusal) {
  Server server;
  server.connected();
  for (const double transaction : {2.0, 3.0, 0.0}) {
    server.wire.command(begin_command("_error", transaction));
  }
  server.created().status("status", "NetStream.Publish.Start");
  EXPECT_EQ(replay_answers(server).state, PublishState::kStreaming);
}

TEST(PublishSession, refusal_names_the_step_and_the_code) {
  Server at_connect;
  Bytes error = begin_command("_error", 1);
  amf0::put_null(error);
  put_info(error, "error", "NetConnection.Connect.Rejected", "[ code=403 need auth ]");
  at_connect.wire.command(error);
  const Outcome connect = replay_answers(at_connect);
  EXPECT_EQ(connect.state, PublishState::kRefused);
  EXPECT_EQ(connect.code, "NetConnection.Connect.Rejected");

  const Outcome publish =
      replay_answers(Server().connected().created().status("error", "NetStream.Publish.BadName", "taken"));
  EXPECT_EQ(publish.state, PublishState::kRefused);
  EXPECT_EQ(publish.code, "NetStream.Publish.BadName");
  EXPECT_EQ(publish.description, "taken");
}

// An info object as FMS, SRS and others make it when they want the caller elsewhere.
Bytes redirect(std::string_view command, double transaction, bool with_code) {
  Bytes payload = begin_command(command, transaction);
  amf0::put_null(payload);
  amf0::begin_object(payload);
  for (const auto& [key, value] : {std::pair{"level", "error"}, {"code", "NetConnection.Connect.Rejected"}}) {
    amf0::put_key(payload, key);
    amf0::put_string(payload, value);
  }
  amf0::put_key(payload, "ex");
  amf0::begin_object(payload);
  if (with_code) {
    amf0::put_key(payload, "code");
    amf0::put_number(payload, 302);
  } else {
    amf0::put_key(payload, "redirect");
    amf0::put_string(payload, "rtmp://169.254.169.254/latest");
  }
  amf0::end_object(payload);
  amf0::end_object(payload);
  return payload;
}

TEST(PublishSession, redirect_is_a_refusal_that_says_so_and_is_not_followed) {
  for (const bool with_code : {false, true}) {
    for (const auto& answer : {redirect("_error", 1, with_code), redirect("onStatus", 0, with_code)}) {
      Server server;
      server.wire.command(answer);
      const Outcome outcome = replay_answers(server);
      EXPECT_EQ(outcome.state, PublishState::kRefused);
      EXPECT_TRUE(outcome.redirected);
      EXPECT_EQ(outcome.sent, replay_answers(Server()).sent) << "something was said to the redirector";
    }
  }
  EXPECT_FALSE(replay_answers(Server().status("error", "NetConnection.Connect.Rejected")).redirected);
}

TEST(PublishSession, request_to_reconnect_elsewhere_changes_nothing) {
  Server server = Server().started();
  for (int i = 0; i < 100; ++i)
    server.status("status", "NetConnection.Connect.ReconnectRequest", "rtmp://h/x");
  const Outcome outcome = run(server.wire.bytes(), server.wire.bytes().size(), 1, "k");
  EXPECT_EQ(outcome.state, PublishState::kStreaming);
  EXPECT_EQ(outcome.sent, run(Server().started().wire.bytes(), 100'000, 1, "k").sent);
}

TEST(PublishSession, close_at_any_step_ends_it_once_and_says_nothing) {
  for (const Server& before :
       {Server(), Server().connected(), Server().connected().created(), Server().started()}) {
    Server closing = before;
    for (int i = 0; i < 100; ++i) closing.wire.command(begin_command("close", 0));
    const Bytes bytes = closing.wire.bytes();
    const Outcome outcome = run(bytes, bytes.size(), 1, "k");
    EXPECT_EQ(outcome.state, PublishState::kClosedByPeer);
    const Bytes quiet = before.wire.bytes();
    EXPECT_EQ(outcome.sent, run(quiet, quiet.size(), 1, "k").sent);
  }
}

TEST(PublishSession, error_while_streaming_is_the_platform_closing) {
  EXPECT_EQ(replay_answers(Server().started().status("error", "NetStream.Publish.Denied")).state,
            PublishState::kClosedByPeer);
  EXPECT_EQ(replay_answers(Server().started().status("status", "NetConnection.Connect.Closed")).state,
            PublishState::kClosedByPeer);
  Server closes = Server().started();
  closes.wire.command(begin_command("close", 0));
  EXPECT_EQ(replay_answers(closes).state, PublishState::kClosedByPeer);
}

TEST(PublishSession, nothing_is_parsed_after_a_refusal) {
  Server server = Server().connected().created().status("error", "NetStream.Publish.BadName");
  server.wire.raw(Bytes(5000, 0xFF));
  const Outcome outcome = replay_answers(server);
  EXPECT_EQ(outcome.state, PublishState::kRefused);
  EXPECT_EQ(outcome.error, std::nullopt);
}

TEST(PublishSession, platforms_words_never_show_the_key_and_are_bounded_and_printable) {
  const std::string words = "bad\nkey s3cret-key (s3cret-keys3cret-key) " + std::string(300, 'x');
  const Outcome outcome =
      replay_answers(Server().connected().created().status("error", "x.s3cret-key", words));
  EXPECT_EQ(outcome.code, "x.***");
  EXPECT_TRUE(outcome.description.starts_with("bad?key *** (******) xxx"));
  EXPECT_EQ(outcome.description.size(), kMaxRefusalTextBytes);
  EXPECT_EQ(replay_answers(Server().connected().created().status("error", "c", "a*b"), "*").description,
            "a***b");
}

TEST(PublishSession, stream_id_that_cannot_be_one_is_an_error) {
  for (const double id : {0.0, -1.0, 1e300}) {
    const Outcome outcome = replay_answers(Server().connected().result(4, id));
    EXPECT_EQ(outcome.error, ProtocolError::kBadCommand);
  }
}

TEST(PublishSession, ping_and_bandwidth_are_answered_and_acknowledgements_noted) {
  Server server = Server().started();
  server.wire.message(kUserControl, 0, Bytes{0, 6, 1, 2, 3, 4}, 0, 2);
  server.wire.message(kSetPeerBandwidth, 0, Bytes{0, 1, 0, 0, 2}, 0, 2);
  server.wire.message(kSetPeerBandwidth, 0, Bytes{0, 1, 0, 0, 2}, 0, 2);
  server.wire.message(kAcknowledgement, 0, Bytes{0, 0, 16, 1}, 0, 2);
  const auto messages = Received(replay_answers(server).sent).messages;
  ASSERT_GE(messages.size(), 2U);
  EXPECT_EQ(messages[messages.size() - 2].payload, (Bytes{0, 7, 1, 2, 3, 4}));
  EXPECT_EQ(messages.back().type, kWindowAckSize);
  EXPECT_EQ(messages.back().payload, (Bytes{0, 1, 0, 0}));

  PublishSession session(target(), kNow);
  ASSERT_TRUE(session.feed(server.wire.bytes(), kNow));
  EXPECT_EQ(session.acknowledged_bytes(), 4097U);
}

TEST(PublishSession, web_server_is_told_apart_at_its_first_byte) {
  PublishSession session(target(), kNow);
  EXPECT_EQ(session.feed(as_bytes("HTTP/1.1 400 Bad Request"), kNow).error(), ProtocolError::kNotRtmp);
  EXPECT_EQ(session.feed({}, kNow).error(), ProtocolError::kNotRtmp);
}

TEST(PublishSession, says_goodbye_after_what_is_already_there) {
  PublishSession session(target(), kNow);
  ASSERT_TRUE(session.feed(Server().started().wire.bytes(), kNow));
  session.send({media::MessageKind::kVideo, 0, filled(10)});
  session.finish();
  const Received sent(session.output());
  EXPECT_EQ(sent.messages[sent.messages.size() - 3].type, kVideo);
  const auto commands = sent.commands();
  EXPECT_EQ(commands[commands.size() - 2].name, "FCUnpublish");
  EXPECT_EQ(*commands[commands.size() - 2].value(1)->string(), "s3cret-key");
  EXPECT_EQ(commands.back().name, "deleteStream");
  EXPECT_EQ(*commands.back().value(1)->number(), 1);
}

// Carries bytes between our publisher and our server, at most `piece` at a time in each direction.
void shuttle(PublishSession& session, Recorder& server, std::size_t piece) {
  std::size_t seen = server.sent.size();
  bool moved = true;
  while (moved) {
    moved = false;
    const ByteView out = session.output().first(std::min(piece, session.output().size()));
    if (!out.empty()) {
      ASSERT_TRUE(server.feed(out));
      session.consume_output(out.size());
      moved = true;
    }
    while (seen < server.sent.size()) {
      const std::size_t count = std::min(piece, server.sent.size() - seen);
      ASSERT_TRUE(session.feed(ByteView(server.sent).subspan(seen, count), kNow));
      seen += count;
      moved = true;
    }
  }
}

TEST(PublishSession, everything_sent_arrives_at_our_own_server_in_order) {
  Strings expected{"publish app 'live2?backup=1' key 's3cret-key'"};
  for (const std::size_t piece : {1U, 100U, 5000U, 1'000'000U}) {
    Recorder server;
    PublishSession session(target(), kNow);
    shuttle(session, server, piece);
    ASSERT_EQ(session.state(), PublishState::kStreaming);
    Strings sent = expected;
    for (std::uint32_t i = 0; i < 60; ++i) {
      const Bytes payload = filled(i * 211, static_cast<int>(i));
      const auto kind = i % 3 == 0 ? media::MessageKind::kVideo : media::MessageKind::kAudio;
      const media::MessageView message{kind, 0xFFFFF0 + i * 11, payload};
      session.send(message);
      sent.push_back(line_of(message));
    }
    session.finish();
    sent.emplace_back("unpublish");
    shuttle(session, server, piece);
    EXPECT_EQ(server.events, sent) << "pieces of " << piece;
  }
}

TEST(PublishSession, refusal_of_our_own_server_arrives) {
  Recorder server(Answer::kRefuse);
  PublishSession session(target(), kNow);
  shuttle(session, server, 1000);
  EXPECT_EQ(session.state(), PublishState::kRefused);
  EXPECT_EQ(session.refusal().at, PublishState::kPublish);
  EXPECT_EQ(session.refusal().code, "NetStream.Publish.Denied");
}

TEST(PublishSession, million_hostile_messages_of_a_kind_get_no_more_answers_than_they_pay_for) {
  Bytes ping = begin_command("ping", 9);
  Bytes check = begin_command("_onbwcheck", 9);
  // Each in two forms taken in turns, so that no message only repeats the one before it.
  const std::vector<std::pair<Bytes, Bytes>> floods = {
      {Wire().message(kUserControl, 0, Bytes{0, 6, 1, 2, 3, 4}, 0, 2).bytes(),
       Wire().message(kUserControl, 0, Bytes{0, 6, 4, 3, 2, 1}, 0, 2).bytes()},
      {Wire().message(kSetPeerBandwidth, 0, Bytes{0, 0, 0, 1, 2}, 0, 2).bytes(),
       Wire().message(kSetPeerBandwidth, 0, Bytes{0, 0, 0, 2, 2}, 0, 2).bytes()},
      {Wire().message(kWindowAckSize, 0, Bytes{0, 0, 0, 1}, 0, 2).bytes(),
       Wire().message(kWindowAckSize, 0, Bytes{0, 0, 0, 0}, 0, 2).bytes()},
      {Wire().chunk_size(4).bytes(), Wire().chunk_size(65536).bytes()},
      {Wire().command(ping).bytes(), Wire().command(check).bytes()},
      {Wire().command(begin_command("_result", 1)).bytes(),
       Wire().command(begin_command("_result", 4)).bytes()},
      {Wire().call("createStream", 4).bytes(), Wire().call("onBWDone", 0).bytes()},
  };
  for (const auto& [one, other] : floods) {
    PublishSession session(target(), kNow);
    ASSERT_TRUE(session.feed(Server().started().wire.bytes(), kNow));
    session.consume_output(session.output().size());
    Bytes batch;
    for (int i = 0; i < 500; ++i) {
      append(batch, one);
      append(batch, other);
    }
    std::size_t received = 0;
    std::size_t answered = 0;
    for (int i = 0; i < 1000; ++i) {
      ASSERT_TRUE(session.feed(batch, kNow));
      received += batch.size();
      answered += session.output().size();
      session.consume_output(session.output().size());
    }
    EXPECT_EQ(session.state(), PublishState::kStreaming);
    EXPECT_LE(answered, received + 2 * kReplyAllowanceBytes);
  }
}

TEST(PublishSession, hostile_server_cannot_make_it_answer_without_end) {
  PublishSession session(target(), kNow);
  ASSERT_TRUE(session.feed(Server().started().wire.bytes(), kNow));
  session.consume_output(session.output().size());
  Wire flood;
  for (int i = 0; i < 20'000; ++i) {
    flood.message(kUserControl, 0, Bytes{0, 6, 1, 2, 3, 4}, 0, 2);
    flood.message(kSetPeerBandwidth, 0, Bytes{0, 1, 0, static_cast<std::uint8_t>(i), 2}, 0, 2);
  }
  const Bytes bytes = flood.bytes();
  ASSERT_TRUE(session.feed(bytes, kNow));
  EXPECT_LE(session.output().size(), bytes.size() + 2 * kReplyAllowanceBytes);
}

}  // namespace
}  // namespace sluice::rtmp::test
