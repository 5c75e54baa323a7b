// What passes the decoder is well formed, not true: whatever peers and clients say, in whatever
// order, a node keeps its invariants and does not fall over.
//
// Three nodes with memory below them; the input is a list of steps, each a byte that chooses it and
// its parameters. Messages are made up, or real ones that are damaged on their way.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "starling/options.h"
#include "starling/result.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/random.h"
#include "fuzz/message_promises.h"
#include "fuzz/target.h"
#include "message/checksum.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "ring/cluster_config.h"
#include "ring/ring.h"
#include "support/test_cluster.h"
#include "unit/wire/random_message.h"
#include "wire/codec.h"
#include "wire/frame.h"

namespace starling::fuzz {
namespace {

constexpr std::size_t kNodes = 3;
constexpr std::size_t kStepsMax = 48;
// Few keys, so that what is said of one meets what is stored under it.
constexpr std::size_t kKeys = 4;
constexpr std::uint8_t kPlausibleBit = 0x80;

enum class Step : std::uint8_t {
  Frame,     // a message whose bytes stand in the input
  Invented,  // one drawn from a seed
  Damaged,   // one that is on its way gets bytes changed
  Doubled,   // one that is on its way comes twice
  Request,   // a client's put, get, delete or listing, as an honest one asks
  Settle,    // everything that is under way happens
  Deliver,   // messages arrive, nothing becomes durable
  Commit,    // one node's commits become durable
  Advance,   // time goes on, timers fire
  Cut,       // a connection breaks
  Connect,   // it is made again
  Restart,   // a node ends without a word and comes back
};
constexpr std::uint8_t kSteps = 12;

class Play {
 public:
  explicit Play(std::string_view input) : reader_(input), ring_(first_ring(cluster_.config())) {
    cluster_.connect_all();
  }

  void run() {
    for (std::size_t step = 0; step < kStepsMax && reader_.remaining() > 0; ++step) {
      const std::uint8_t choice = reader_.u8();
      plausible_ = (choice & kPlausibleBit) != 0;
      perform(static_cast<Step>((choice & ~kPlausibleBit) % kSteps));
      check();
    }
    cluster_.settle();
    check();
  }

 private:
  void perform(Step step) {
    switch (step) {
      case Step::Frame:
        return hand_over(frame_from_input());
      case Step::Invented:
        return hand_over(invented_frame());
      case Step::Damaged:
        return damage();
      case Step::Doubled:
        return repeat();
      case Step::Request:
        return ask();
      case Step::Settle:
        return cluster_.settle();
      case Step::Deliver:
        return static_cast<void>(cluster_.deliver_all());
      case Step::Commit:
        return static_cast<void>(cluster_.commit(node()));
      case Step::Advance:
        return advance();
      case Step::Cut:
        return cluster_.cut(node(), node());
      case Step::Connect:
        return cluster_.connect(node(), node());
      case Step::Restart:
        return restart(node());
    }
  }

  void check() {
    for (std::size_t i = 0; i < kNodes; ++i) cluster_.node(i).check_invariants();
  }

  std::size_t node() { return reader_.u8() % kNodes; }

  Result<Frame> frame_from_input() {
    const std::uint8_t type = reader_.u8();
    const std::size_t size = std::min<std::size_t>(reader_.u16(), reader_.remaining());
    constexpr std::size_t kFrameTypes = kFrameTypeMax - kFrameTypeMin + 1U;
    return decode_frame(sealed_frame(static_cast<FrameType>(kFrameTypeMin + type % kFrameTypes),
                                     std::string(reader_.raw(size))));
  }

  Result<Frame> invented_frame() {
    const std::uint8_t choice = reader_.u8();
    Random random(reader_.u16());
    std::vector<Frame> frames = random_frames(random);
    return std::move(frames[choice % frames.size()]);
  }

  // To node 0, from one of the others or from a client.
  void hand_over(Result<Frame> frame) {
    const std::size_t from = 1 + reader_.u8() % (kNodes - 1);
    if (!frame.ok()) return;
    if (auto* const peer = std::get_if<PeerMessage>(&frame->message)) {
      if (plausible_) std::visit([this](auto& message) { make_plausible(message); }, *peer);
      cluster_.node(0).on_peer_message(cluster_.id(from), std::move(*peer));
    } else if (auto* const request = std::get_if<ClientRequest>(&frame->message)) {
      if (plausible_) std::visit([this](auto& body) { make_plausible(body); }, request->body);
      cluster_.request(0, std::move(request->body), request->remaining);
    }
  }

  // Lets a message speak of a key, a partition and a row that are there; whatever has such fields
  // gets them, so a new message needs no line here.
  template <typename Message>
  void make_plausible(Message& message) {
    if constexpr (requires { message.address.key; }) {
      message.address = {.bucket = "bucket", .key = key()};
      if constexpr (requires { message.envelope; }) point_at(message.envelope, message.address);
    } else if constexpr (requires { message.put.address; }) {
      message.put.address = {.bucket = "bucket", .key = key()};
      message.put.checksum =
          checksum_of(message.put.address.key, message.put.content_type, message.put.value);
      point_at(message.envelope, message.put.address);
    } else if constexpr (requires { message.envelope; }) {
      message.envelope.partition.value %= static_cast<std::uint16_t>(ring_->partitions());
      message.envelope.row_version = ring_->row_version(message.envelope.partition);
    }
    if constexpr (requires { message.bucket; }) message.bucket = "bucket";
  }

  void point_at(Envelope& envelope, const KeyAddress& address) const {
    envelope.partition = ring_->partition_of(ring_->token_of(address.bucket, address.key));
    envelope.row_version = ring_->row_version(envelope.partition);
    envelope.epoch = ring_->epoch();
    envelope.fence = {};
  }

  std::string key() { return "key" + std::to_string(reader_.u8() % kKeys); }

  TestCluster::Sent* message_on_its_way() {
    const std::uint8_t choice = reader_.u8();
    return cluster_.sent.empty() ? nullptr : &cluster_.sent[choice % cluster_.sent.size()];
  }

  void damage() {
    TestCluster::Sent* const sent = message_on_its_way();
    const std::uint16_t place = reader_.u16();
    const std::uint8_t change = reader_.u8();
    if (sent == nullptr) return;
    std::string bytes = encode(sent->message);
    const Result<FrameHeader> header = parse_frame_header(bytes);
    if (!header.ok()) return;
    std::string body = bytes.substr(kFrameHeaderBytes);
    body[place % body.size()] = static_cast<char>(body[place % body.size()] ^ change);
    Result<Frame> damaged = decode_frame(sealed_frame(header->type, std::move(body)));
    if (damaged.ok()) sent->message = std::get<PeerMessage>(std::move(damaged->message));
  }

  void repeat() {
    const TestCluster::Sent* const sent = message_on_its_way();
    if (sent != nullptr) cluster_.sent.push_back(TestCluster::Sent(*sent));
  }

  // The context of the last answer to a put or get, of whichever key.
  std::string last_context() const {
    if (cluster_.replies.empty()) return {};
    const ClientReply& last = cluster_.replies.rbegin()->second;
    if (const auto* const put = std::get_if<PutReply>(&last)) return put->context;
    if (const auto* const get = std::get_if<GetReply>(&last)) return get->context;
    return {};
  }

  void ask() {
    const std::uint8_t choice = reader_.u8();
    const std::size_t at = node();
    const std::string key = this->key();
    const std::string context = plausible_ ? last_context() : std::string();
    constexpr std::array kLevels{Level::quorum(), Level::one(), Level::all()};
    const Level level = kLevels[(choice / 4U) % kLevels.size()];
    switch (choice % 4) {
      case 0: {
        ClientPut put = cluster_.put_of(key, "value", context);
        put.levels.w = level;
        return static_cast<void>(cluster_.request(at, std::move(put)));
      }
      case 1: {
        ClientGet get = TestCluster::get_of(key);
        get.levels.r = level;
        return static_cast<void>(cluster_.request(at, std::move(get)));
      }
      case 2:
        return static_cast<void>(cluster_.request(
            at, ClientDelete{.address = {.bucket = "bucket", .key = key}, .context = context}));
      default:
        return static_cast<void>(
            cluster_.request(at, ClientKeys{.bucket = "bucket", .limit = 1U + choice}));
    }
  }

  void advance() {
    cluster_.clock.advance(std::chrono::milliseconds(reader_.u16()));
    for (std::size_t i = 0; i < kNodes; ++i) cluster_.node(i).on_timer();
  }

  void restart(std::size_t i) {
    cluster_.stop(i);
    // What was on its way to it is lost with its connections.
    cluster_.sent.clear();
    cluster_.start(i);
    for (std::size_t other = 0; other < kNodes; ++other) cluster_.connect(i, other);
  }

  TestCluster cluster_{kNodes};
  ByteReader reader_;
  std::shared_ptr<const Ring> ring_;
  bool plausible_ = false;
};

void run(std::string_view input) {
  Play(input).run();
}

void append(std::string& input, Step step, std::string_view parameters, bool plausible = true) {
  input += static_cast<char>(static_cast<std::uint8_t>(step) | (plausible ? kPlausibleBit : 0));
  input += parameters;
}

// A few steps of every kind, in an order of chance.
std::string invent(std::uint64_t number) {
  Random random(number);
  std::string input;
  for (std::uint64_t left = random.between(2, 12); left > 0; --left) {
    std::string parameters;
    for (int i = 0; i < 6; ++i) parameters += static_cast<char>(random.below(256));
    append(input, static_cast<Step>(random.below(kSteps)), parameters, random.below(4) != 0);
  }
  return input;
}

std::string frame_parameters(const std::string& frame) {
  const Result<FrameHeader> header = parse_frame_header(frame);
  STARLING_CHECK(header.ok());
  ByteWriter writer;
  writer.u8(static_cast<std::uint8_t>(static_cast<std::uint8_t>(header->type) - kFrameTypeMin));
  writer.u16(static_cast<std::uint16_t>(frame.size() - kFrameHeaderBytes));
  writer.raw(std::string_view(frame).substr(kFrameHeaderBytes));
  return std::move(writer).bytes();
}

// One of every message, to a node that holds something.
std::vector<std::string> seeds() {
  std::vector<std::string> seeds;
  Random random(1);
  for (const Frame& frame : random_frames(random)) {
    std::string input;
    append(input, Step::Request, std::string(3, '\0'));
    append(input, Step::Settle, {});
    append(input, Step::Frame, frame_parameters(encode_frame(frame)) + std::string(2, '\0'));
    append(input, Step::Request, std::string("\1\0\0", 3));
    append(input, Step::Damaged, std::string("\0\4\0\1", 4));
    seeds.push_back(std::move(input));
  }
  for (std::uint64_t number = 0; number < 16; ++number) seeds.push_back(invent(number));
  return seeds;
}

}  // namespace

const Target kTarget{.run = run, .seeds = seeds, .invent = invent};

}  // namespace starling::fuzz
