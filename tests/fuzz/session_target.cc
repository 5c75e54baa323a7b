// What a server says to a client, in any portions: from the bytes to what the tool would print.
//
// Input: a byte (even: the server has greeted well before), two that say how the stream is cut,
// then the stream. One request of every kind waits for an answer; frames get checksums and numbers
// that fit.

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "starling/status.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/random.h"
#include "client/exchange.h"
#include "client/session.h"
#include "fuzz/message_promises.h"
#include "fuzz/portions.h"
#include "fuzz/target.h"
#include "json/answer_json.h"
#include "message/answers.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "unit/wire/random_message.h"
#include "wire/codec.h"

namespace starling::fuzz {
namespace {

// By number, from 1. One of every kind, whichever there are.
const std::vector<ClientRequest>& requests() {
  static const std::vector<ClientRequest> kRequests = [] {
    std::vector<ClientRequest> made;
    Random random(1);
    for (Frame& frame : random_frames(random)) {
      if (auto* const request = std::get_if<ClientRequest>(&frame.message)) {
        made.push_back(std::move(*request));
      }
    }
    return made;
  }();
  return kRequests;
}

std::string greeting() {
  Hello hello;
  hello.role = HelloRole::Peer;
  hello.cluster = "c";
  hello.name = "node0";
  return encode(hello);
}

// What the tool prints of an answer.
std::string shown(const ErrorReply& reply) {
  return json_of(reply.status);
}
std::string shown(const GetReply& reply) {
  return json_of(KeyRef{.bucket = "b", .key = "k"}, read_result_of(reply));
}
std::string shown(const PutReply& reply) {
  return json_of(KeyRef{.bucket = "b", .key = "k"}, write_result_of(reply));
}
std::string shown(const KeysReply& reply) {
  std::string text;
  for (const std::string& key : key_page_of(reply).keys) text += json_of_key(key);
  return text;
}
std::string shown(const ClusterStatusReply& reply) {
  return json_of(cluster_status_of(reply));
}
std::string shown(const ClusterRingReply& reply) {
  return json_of(ring_table_of(reply));
}
std::string shown(const ClusterDigestReply& reply) {
  return json_of(digest_table_of(reply));
}
std::string shown(const ClusterTasksReply& reply) {
  return json_of(task_list_of(reply));
}
std::string shown(const ClusterRepairReply& reply) {
  return json_of(RepairRun{}, repair_report_of(reply));
}
std::string shown(const ClusterChangeReply& reply) {
  return json_of(change_report_of(reply));
}
std::string shown(const NodeInfoReply& reply) {
  return json_of(node_status_of(reply));
}

struct Heard {
  std::map<std::uint64_t, ClientReply> replies;
  Session::State state = Session::State::Greeting;
  Status why_broken;
  friend bool operator==(const Heard&, const Heard&) = default;
};

// Keeps what came, each number once and none that was not asked.
void take(Session& session, Heard& heard) {
  for (NumberedReply& reply : session.take_replies()) {
    STARLING_CHECK(reply.number >= 1 && reply.number <= requests().size());
    const bool is_first = heard.replies.emplace(reply.number, std::move(reply.reply)).second;
    STARLING_CHECK(is_first);
  }
}

void ask_all(Session& session) {
  for (std::size_t i = 0; i < requests().size(); ++i) {
    STARLING_CHECK(!session.request(i + 1, requests()[i]).empty());
  }
}

Heard hear(std::string_view stream, bool has_greeted, std::uint64_t cut, bool in_one) {
  Session session("");
  Heard heard;
  if (has_greeted) {
    session.receive(greeting());
    STARLING_CHECK(session.state() == Session::State::Open);
    ask_all(session);
  }
  const auto receive = [&](std::string_view portion) {
    session.receive(portion);
    take(session, heard);
    return true;
  };
  if (in_one) {
    receive(stream);
  } else {
    in_portions(stream, cut, receive);
  }
  heard.state = session.state();
  heard.why_broken = session.why_broken();
  STARLING_CHECK((heard.state == Session::State::Broken) == !heard.why_broken.ok());
  return heard;
}

void run(std::string_view input) {
  ByteReader reader(input);
  const bool has_greeted = reader.u8() % 2 == 0;
  const std::uint16_t cut = reader.u16();
  std::string stream(reader.raw(reader.remaining()));
  seal_stream(stream, requests().size() + 2);
  const Heard heard = hear(stream, has_greeted, cut, false);
  STARLING_CHECK(heard == hear(stream, has_greeted, cut, true));
  for (const auto& [number, reply] : heard.replies) {
    const ClientRequestBody& asked = requests()[number - 1].body;
    const Conclusion conclusion = conclude(
        asked,
        {.outcome = ExchangeOutcome::Answered, .problem = Status::success(), .reply = reply});
    // A reply that the request does not fit is never taken for the answer.
    STARLING_CHECK(!conclusion.status.ok() || check_reply(asked, reply).ok());
    const std::string text = std::visit([](const auto& one) { return shown(one); }, reply);
    STARLING_CHECK(text.find('\n') == std::string::npos);
  }
}

std::string input_of(const std::vector<Frame>& frames, std::uint64_t number) {
  std::string input{static_cast<char>(number % 8 == 7)};
  for (int i = 0; i < 2; ++i) input += static_cast<char>((number >> (8 * i)) & 0xFFU);
  for (const Frame& frame : frames) input += encode_frame(frame);
  return input;
}

std::string invent(std::uint64_t number) {
  Random random(number);
  std::vector<Frame> frames;
  for (Frame& frame : random_frames(random)) {
    if (std::holds_alternative<ClientReply>(frame.message)) frames.push_back(std::move(frame));
  }
  for (Frame& frame : frames) frame.request = random.between(1, requests().size());
  return input_of({frames[random.below(frames.size())], frames[random.below(frames.size())]},
                  number);
}

std::vector<std::string> seeds() {
  std::vector<std::string> seeds;
  Random random(1);
  for (const Frame& frame : random_frames(random)) seeds.push_back(input_of({frame}, 0));
  seeds.push_back(std::string("\1\0\0", 3) + greeting());
  return seeds;
}

}  // namespace

const Target kTarget{.run = run, .seeds = seeds, .invent = invent};

}  // namespace starling::fuzz
