// What a stranger sends to the HTTP port, in any portions.
//
// Input: two bytes that say how the stream is cut, then the stream.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "env/byte_stream.h"
#include "fuzz/portions.h"
#include "fuzz/target.h"
#include "http/http_connection.h"
#include "http/http_message.h"
#include "http/request_parser.h"
#include "http/routes.h"

namespace starling::fuzz {
namespace {

class RecordedStream final : public ByteStream {
 public:
  void write(std::string_view bytes) override {
    STARLING_CHECK(!finished);
    STARLING_CHECK(bytes.starts_with("HTTP/1.1 "));
    STARLING_CHECK(bytes.find("\r\n\r\n") != std::string_view::npos);
    written += bytes;
  }
  void finish() override {
    STARLING_CHECK(!finished);
    finished = true;
  }

  std::string written;
  bool finished = false;
};

struct Understood {
  std::vector<HttpRequest> requests;
  bool failed = false;
};

Understood parse(std::string_view stream, std::optional<std::uint16_t> cut) {
  RequestParser parser;
  Understood understood;
  const auto take = [&](std::string_view portion) {
    const auto failure = parser.feed(portion, understood.requests);
    understood.failed = failure.has_value();
    if (!failure.has_value()) return true;
    STARLING_CHECK(failure->status == 400 || failure->status == 413 || failure->status == 431);
    // A failure is final.
    const std::size_t before = understood.requests.size();
    STARLING_CHECK(parser.feed("GET / HTTP/1.1\r\n\r\n", understood.requests).has_value());
    STARLING_CHECK(understood.requests.size() == before);
    return false;
  };
  if (cut.has_value()) {
    in_portions(stream, *cut, take);
  } else if (!stream.empty()) {
    static_cast<void>(take(stream));
  }
  return understood;
}

void check_requests(const std::vector<HttpRequest>& left, const std::vector<HttpRequest>& right) {
  STARLING_CHECK(left.size() == right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    STARLING_CHECK(left[i].method == right[i].method);
    STARLING_CHECK(left[i].target == right[i].target);
    STARLING_CHECK(left[i].keep_alive == right[i].keep_alive);
    STARLING_CHECK(left[i].target.size() <= kHttpHeaderBytesMax);
  }
}

std::string answers_to(std::string_view stream, std::uint16_t cut) {
  const Routes routes([] { return Health{.serving = false, .because = "it is fuzzed"}; },
                      [] { return std::string("starling_ready 0\n"); });
  RecordedStream recorded;
  HttpConnection connection(routes, recorded);
  in_portions(stream, cut, [&](std::string_view portion) {
    connection.on_bytes(portion);
    return !recorded.finished;
  });
  return recorded.written;
}

void run(std::string_view input) {
  ByteReader reader(input);
  const std::uint16_t cut = reader.u16();
  const std::string_view stream = reader.raw(reader.remaining());
  const Understood whole = parse(stream, std::nullopt);
  const Understood portioned = parse(stream, cut);
  check_requests(whole.requests, portioned.requests);
  STARLING_CHECK(whole.failed == portioned.failed);
  const std::string answers = answers_to(stream, cut);
  STARLING_CHECK(answers.empty() == (whole.requests.empty() && !whole.failed));
}

std::vector<std::string> seeds() {
  std::vector<std::string> seeds;
  for (const std::string_view stream : {
           "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD /readyz?a=b HTTP/1.1\r\n\r\n",
           "PUT /v1/buckets/b/keys/k HTTP/1.1\r\nContent-Length: 5\r\n\r\nvalueGET / "
           "HTTP/1.0\r\n\r\n",
           "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: "
           "r\r\n\r\n",
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
