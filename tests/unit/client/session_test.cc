#include "client/session.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "wire/codec.h"

namespace starling {
namespace {

Hello server_hello() {
  Hello hello;
  hello.role = HelloRole::Peer;
  hello.cluster = "starling";
  hello.name = "node0";
  return hello;
}

Session open_session() {
  Session session("");
  session.receive(encode(server_hello()));
  return session;
}

ClientRequest get_of_one_key() {
  ClientGet get;
  get.address = {.bucket = "b", .key = "k"};
  return {.remaining = std::chrono::seconds(1), .body = get};
}

std::string keys_answer(std::uint64_t number) {
  return encode(number, ClientReply(KeysReply{.keys = {"k"}, .cursor = {}}));
}

TEST_CASE("Session: the greeting is a client's Hello with the cluster it insists on") {
  const std::string bytes = Session("mine").greeting();
  const Result<FrameHeader> header = parse_frame_header(bytes);
  REQUIRE(header.ok());
  const Result<Frame> frame = decode(*header, std::string_view(bytes).substr(kFrameHeaderBytes));
  REQUIRE(frame.ok());
  const auto& hello = std::get<Hello>(frame->message);
  CHECK(hello.role == HelloRole::Client);
  CHECK(hello.cluster == "mine");
}

TEST_CASE("Session: it opens with the server's Hello, in whatever pieces that comes") {
  Session session("starling");
  for (const char byte : encode(server_hello())) {
    CHECK(session.state() == Session::State::Greeting);
    session.receive({&byte, 1});
  }
  CHECK(session.state() == Session::State::Open);
  CHECK(session.server().name == "node0");
}

TEST_CASE("Session: a server of another cluster breaks it") {
  Session session("mine");
  session.receive(encode(server_hello()));
  CHECK(session.state() == Session::State::Broken);
  CHECK(session.why_broken().message().find("cluster names differ") != std::string::npos);
}

TEST_CASE("Session: a refusal breaks it with the server's reason") {
  Hello refusal = server_hello();
  refusal.refusal = "too many connections";
  Session session("");
  session.receive(encode(refusal));
  CHECK(session.why_broken().message().find("too many connections") != std::string::npos);
}

TEST_CASE("Session: answers find their requests in any order, once") {
  Session session = open_session();
  CHECK_FALSE(session.request(1, get_of_one_key()).empty());
  CHECK_FALSE(session.request(2, get_of_one_key()).empty());
  session.receive(keys_answer(2) + keys_answer(1));
  const std::vector<NumberedReply> replies = session.take_replies();
  REQUIRE(replies.size() == 2);
  CHECK(replies[0].number == 2);
  CHECK(replies[1].number == 1);
  CHECK(session.take_replies().empty());
}

TEST_CASE("Session: an answer that was not asked for, or a second one, breaks it") {
  Session session = open_session();
  session.receive(keys_answer(9));
  CHECK(session.state() == Session::State::Broken);
  Session twice = open_session();
  CHECK_FALSE(twice.request(1, get_of_one_key()).empty());
  twice.receive(keys_answer(1) + keys_answer(1));
  CHECK(twice.state() == Session::State::Broken);
}

TEST_CASE("Session: requests and peer messages from a server break it") {
  Session session = open_session();
  session.receive(encode(1, get_of_one_key()));
  CHECK(session.state() == Session::State::Broken);
  Session peer = open_session();
  peer.receive(encode(PeerMessage(ReplicaWriteReply{})));
  CHECK(peer.state() == Session::State::Broken);
}

TEST_CASE("Session: noise breaks it, and it stays broken") {
  Session session("");
  session.receive(std::string(100, 'x'));
  CHECK(session.state() == Session::State::Broken);
  session.receive(encode(server_hello()));
  CHECK(session.state() == Session::State::Broken);
}

TEST_CASE("Session: an answer before the greeting breaks it") {
  Session session("");
  session.receive(keys_answer(1));
  CHECK(session.state() == Session::State::Broken);
}

}  // namespace
}  // namespace starling
