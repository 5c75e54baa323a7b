// What a stranger sends to the HTTP port, in any portions, before a node that answers at once or
// later.
//
// Input: two bytes that say how the stream is cut, and when the node answers, then the stream.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "starling/options.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/byte_budget.h"
#include "base/bytes.h"
#include "base/random.h"
#include "base/time.h"
#include "env/byte_stream.h"
#include "env/clock.h"
#include "fuzz/portions.h"
#include "fuzz/target.h"
#include "http/http_connection.h"
#include "http/http_message.h"
#include "http/http_service.h"
#include "http/request_parser.h"
#include "http/routes.h"
#include "message/checksum.h"
#include "message/client_messages.h"

namespace starling::fuzz {
namespace {

// Less than a body may have, so that some are refused for want of room.
constexpr std::size_t kBudgetBytes = std::size_t{1} << 20U;

struct Understood final : RequestParser::Events {
  void on_head(const HttpRequest& head) override {
    STARLING_CHECK(head.target.size() <= kHttpHeaderBytesMax);
    heads.push_back(head);
    bodies.emplace_back();
  }
  void on_body(std::string_view portion) override { bodies.back() += portion; }

  std::vector<HttpRequest> heads;
  std::vector<std::string> bodies;
  std::size_t complete = 0;
  bool failed = false;
  bool failed_within_body = false;
};

bool take_portion(RequestParser& parser, Understood& understood, std::string_view portion) {
  while (!portion.empty()) {
    const RequestParser::Progress progress = parser.feed(portion);
    STARLING_CHECK(progress.taken <= portion.size());
    portion.remove_prefix(progress.taken);
    if (progress.outcome == RequestParser::Outcome::Complete) {
      ++understood.complete;
      STARLING_CHECK(!parser.within_request());
    } else if (progress.outcome == RequestParser::Outcome::Failed) {
      STARLING_CHECK(parser.failure().status == 400 || parser.failure().status == 431);
      understood.failed = true;
      understood.failed_within_body = parser.within_body();
      // A failure is final.
      const std::size_t before = understood.heads.size();
      STARLING_CHECK(parser.feed("GET / HTTP/1.1\r\n\r\n").outcome ==
                     RequestParser::Outcome::Failed);
      STARLING_CHECK(understood.heads.size() == before);
      return false;
    }
  }
  return true;
}

void parse(std::string_view stream, std::optional<std::uint16_t> cut, Understood& understood) {
  RequestParser parser(understood);
  const auto take = [&](std::string_view portion) {
    return take_portion(parser, understood, portion);
  };
  if (cut.has_value()) {
    in_portions(stream, *cut, take);
  } else {
    static_cast<void>(take(stream));
  }
}

void check_same(const Understood& left, const Understood& right) {
  STARLING_CHECK(left.failed == right.failed);
  STARLING_CHECK(left.failed_within_body == right.failed_within_body);
  STARLING_CHECK(left.complete == right.complete);
  STARLING_CHECK(left.bodies == right.bodies);
  STARLING_CHECK(left.heads.size() == right.heads.size());
  for (std::size_t i = 0; i < left.heads.size(); ++i) {
    STARLING_CHECK(left.heads[i].method == right.heads[i].method);
    STARLING_CHECK(left.heads[i].target == right.heads[i].target);
    STARLING_CHECK(left.heads[i].keep_alive == right.heads[i].keep_alive);
    STARLING_CHECK(left.heads[i].fields == right.heads[i].fields);
  }
}

class StillClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return instant; }
  [[nodiscard]] WallTime wall_now() const override { return {}; }
  Instant instant{std::chrono::hours(1)};
};

class RecordedStream final : public ByteStream {
 public:
  void write(std::string_view bytes) override {
    STARLING_CHECK(!finished);
    written += bytes;
  }
  void finish() override {
    STARLING_CHECK(!finished);
    finished = true;
  }
  void pause_reading() override { paused = true; }
  void resume_reading() override { paused = false; }
  void wake_at(Instant when) override { wake = when; }

  std::string written;
  bool finished = false;
  bool paused = false;
  std::optional<Instant> wake;
};

// What a node could say, by what it is asked: a key says what becomes of it.
struct Replies {
  ClientReply operator()(const ClientPut& put) const {
    STARLING_CHECK(put.value.size() <= kValueBytesMax);
    STARLING_CHECK(checksum_of(put.address.key, put.content_type, put.value) == put.checksum);
    if (put.address.key.starts_with("o")) {
      return ErrorReply{.status = Status(StatusCode::Overloaded, "busy"), .replies = {}};
    }
    return PutReply{.context = "context", .siblings = 1};
  }
  ClientReply operator()(const ClientDelete& /*deletion*/) const { return PutReply{}; }
  ClientReply operator()(const ClientGet& get) const {
    GetReply reply{.context = "context"};
    const std::string& key = get.address.key;
    reply.siblings.resize(key.size() % 3);
    // Native clients may give a value any type.
    for (SiblingReply& sibling : reply.siblings) {
      sibling = {.value = key, .content_type = key.substr(0, kContentTypeBytesMax), .dot = "d-1"};
    }
    reply.checksum = checksum_of(key, reply.siblings);
    return reply;
  }
  ClientReply operator()(const ClientKeys& keys) const {
    STARLING_CHECK(keys.limit >= 1 && keys.limit <= kKeysPageMax);
    return KeysReply{.keys = {keys.prefix, keys.after}, .cursor = keys.cursor};
  }
  ClientReply operator()(const ClientClusterStatus& /*status*/) const {
    return ClusterStatusReply{};
  }
  ClientReply operator()(const ClientClusterRing& /*ring*/) const {
    return ClusterRingReply{.partitions = {{.owners = {"a"}, .fallbacks = {}}}};
  }
  ClientReply operator()(const ClientClusterDigest& /*digest*/) const {
    return ClusterDigestReply{};
  }
  ClientReply operator()(const ClientNodeInfo& /*node*/) const { return NodeInfoReply{}; }
  ClientReply operator()(const ClientClusterTasks& /*tasks*/) const { return ClusterTasksReply{}; }
  ClientReply operator()(const ClientClusterRepair& /*repair*/) const {
    return ClusterRepairReply{};
  }
  ClientReply operator()(const ClientClusterChange& /*change*/) const {
    return ClusterChangeReply{};
  }
};

enum class Promptness : std::uint8_t { AtOnce, Later };

// One connection, from its first byte until nothing moves any more.
class Conversation {
 public:
  explicit Conversation(Promptness promptness) : promptness_(promptness) {}

  // What was answered.
  std::string have(std::string_view stream, std::uint64_t cut) {
    {
      HttpConnection connection(service_, stream_);
      in_portions(stream, cut, [&](std::string_view portion) {
        connection.on_bytes(portion);
        end_turns(connection);
        return !stream_.finished;
      });
      STARLING_CHECK(stream_.finished || connection.use() != StreamUse::Working);
    }
    STARLING_CHECK(requests_.used() == 0 && answers_.used() == 0);
    return stream_.written;
  }
  [[nodiscard]] bool ended() const { return stream_.finished; }

 private:
  void on_asked(const ClientHandle& client, ClientRequest request) {
    STARLING_CHECK(request.remaining > Duration::zero() && request.remaining <= kTimeoutMax);
    ClientReply reply = std::visit(Replies(), request.body);
    if (promptness_ == Promptness::AtOnce) return service_.reply(client, std::move(reply));
    // One at a time.
    STARLING_CHECK(waiting_.empty());
    waiting_.emplace_back(client, std::move(reply));
  }

  // Until what came is answered, whatever waits for the node, or for time to pass.
  void end_turns(HttpConnection& connection) {
    while (!stream_.finished) {
      if (!waiting_.empty()) {
        auto [client, reply] = std::move(waiting_.front());
        waiting_.pop_front();
        service_.reply(client, std::move(reply));
      }
      connection.on_output(0);
      const bool due = stream_.wake.has_value() && *stream_.wake <= clock_.instant;
      if (!due && (!stream_.paused || !stream_.wake.has_value())) return;
      clock_.instant = std::max(clock_.instant, *stream_.wake);
      stream_.wake.reset();
      connection.on_wake();
    }
  }

  Promptness promptness_;
  StillClock clock_;
  ByteBudget requests_{kBudgetBytes};
  ByteBudget answers_{kBudgetBytes};
  std::deque<std::pair<ClientHandle, ClientReply>> waiting_;
  Routes routes_{[] { return Health{.serving = false, .because = "it is fuzzed"}; },
                 [] { return std::string("starling_ready 0\n"); }};
  HttpService service_{
      routes_,
      {.clock = clock_,
       .requests = requests_,
       .answers = answers_,
       .ask = [this](const ClientHandle& client,
                     ClientRequest request) { on_asked(client, std::move(request)); },
       .random = Random(1)}};
  RecordedStream stream_;
};

std::string_view line_of(std::string_view& bytes) {
  const std::size_t end = bytes.find("\r\n");
  STARLING_CHECK(end != std::string_view::npos);
  const std::string_view line = bytes.substr(0, end);
  bytes.remove_prefix(end + 2);
  for (const char character : line) {
    STARLING_CHECK(static_cast<unsigned char>(character) >= ' ' && character <= '~');
  }
  return line;
}

// Takes one answer off the front, as a client would find its end. Returns its status.
int take_answer(std::string_view& bytes, bool to_head) {
  const std::string_view first = line_of(bytes);
  STARLING_CHECK(first.starts_with("HTTP/1.1 ") && first.size() > 13);
  const int status = std::stoi(std::string(first.substr(9, 3)));
  std::optional<std::size_t> length;
  for (std::string_view line = line_of(bytes); !line.empty(); line = line_of(bytes)) {
    constexpr std::string_view kLength = "Content-Length: ";
    if (!line.starts_with(kLength)) continue;
    STARLING_CHECK(!length.has_value());
    length = std::stoul(std::string(line.substr(kLength.size())));
  }
  STARLING_CHECK(length.has_value() == (status != 100 && status != 204 && status != 304));
  if (to_head || !length.has_value()) return status;
  STARLING_CHECK(bytes.size() >= *length);
  bytes.remove_prefix(*length);
  return status;
}

// Every answer is whole, and there is one for each request, in order, and perhaps one more that
// says why there are no more.
void check_answers(std::string_view written, bool ended, const Understood& understood) {
  std::size_t answered = 0;
  while (!written.empty()) {
    const bool to_head =
        answered < understood.heads.size() && understood.heads[answered].method == "HEAD";
    if (take_answer(written, to_head) != 100) ++answered;
  }
  const bool ends_in_rubbish = understood.failed && !understood.failed_within_body;
  STARLING_CHECK(answered <= understood.heads.size() + (ends_in_rubbish ? 1 : 0));
  STARLING_CHECK(ended ? answered > 0 : answered >= understood.complete);
  STARLING_CHECK(ended || !understood.failed);
}

void run(std::string_view input) {
  ByteReader reader(input);
  const std::uint16_t cut = reader.u16();
  const std::string_view stream = reader.raw(reader.remaining());
  Understood whole;
  Understood portioned;
  parse(stream, std::nullopt, whole);
  parse(stream, cut, portioned);
  check_same(whole, portioned);
  // What is answered depends neither on how the stream was cut nor on when the node answers.
  Conversation at_once(Promptness::AtOnce);
  const std::string answers = at_once.have(stream, cut);
  STARLING_CHECK(answers == Conversation(Promptness::Later).have(stream, cut + 1U));
  check_answers(answers, at_once.ended(), whole);
}

std::vector<std::string> seeds() {
  std::vector<std::string> seeds;
  for (const std::string_view stream : {
           "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD /readyz?a=b HTTP/1.1\r\n\r\n",
           "PUT /v1/kv/b/k HTTP/1.1\r\nContent-Length: 5\r\n\r\nvalueGET / HTTP/1.0\r\n\r\n",
           "PUT /v1/kv/b/o?w=1&sloppy HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello"
           "\r\n0\r\nT: r\r\n\r\n",
           "PUT /v1/kv/b/k?timeout=1s HTTP/1.1\r\nExpect: 100-continue\r\nContent-Type: a/b\r\n"
           "X-Starling-Context: c\r\nContent-Length: 1\r\n\r\nvDELETE /v1/kv/b/k HTTP/1.1\r\n\r\n",
           "PUT /v1/kv/b/k HTTP/1.1\r\nContent-Length: 9999999\r\n\r\nvalue",
           "PUT /v1/kv/b/k HTTP/1.1\r\nContent-Length: 99999999\r\n\r\nvalue",
           "GET /v1/kv/b/ab HTTP/1.1\r\nAccept: application/json\r\n\r\nHEAD /v1/kv/b/a%0d%0a "
           "HTTP/1.1\r\nIf-None-Match: *\r\n\r\nGET /v1/kv/b/abc HTTP/1.1\r\n\r\n",
           "GET /v1/kv/b?prefix=p&limit=3&after=%ff&cursor=c&r=1 HTTP/1.1\r\n\r\n",
           "GET /v1/ring?key=b/k HTTP/1.1\r\n\r\nGET /v1/cluster HTTP/1.1\r\n\r\nGET /v1/tasks "
           "HTTP/1.1\r\n\r\nGET /v1/digest HTTP/1.1\r\n\r\nGET /v1/node HTTP/1.1\r\n\r\n",
           "GET /a HTTP/1.1\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\nmore",
           "CONNECT host:1 HTTP/1.1\r\n\r\n",
           "OPTIONS * HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
           "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
           "GET / HTTP/1.1\nA:b\n\nGET http://h/p HTTP/1.1\r\n\r\n",
           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
       }) {
    seeds.push_back(std::string(2, '\7') + std::string(stream));
  }
  return seeds;
}

}  // namespace

const Target kTarget{.run = run, .seeds = seeds};

}  // namespace starling::fuzz
