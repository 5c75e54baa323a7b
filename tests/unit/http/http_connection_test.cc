#include "http/http_connection.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "env/byte_stream.h"
#include "http/routes.h"

namespace starling {
namespace {

class RecordedStream final : public ByteStream {
 public:
  void write(std::string_view bytes) override { written += bytes; }
  void finish() override { finished = true; }

  std::string written;
  bool finished = false;
};

struct Fixture {
  Routes routes{[] { return Health{.serving = true, .because = {}}; },
                [] { return std::string(); }};
  RecordedStream stream;
  HttpConnection connection{routes, stream};

  // How many answers were written.
  [[nodiscard]] int answers() const {
    int count = 0;
    for (std::size_t at = stream.written.find("HTTP/1.1 "); at != std::string::npos;
         at = stream.written.find("HTTP/1.1 ", at + 1)) {
      ++count;
    }
    return count;
  }
};

TEST_CASE("HttpConnection: stays open for the next request") {
  Fixture fixture;
  fixture.connection.on_bytes("GET /livez HTTP/1.1\r\n\r\n");
  fixture.connection.on_bytes("GET /readyz HTTP/1.1\r\n\r\n");
  CHECK(fixture.answers() == 2);
  CHECK_FALSE(fixture.stream.finished);
}

TEST_CASE("HttpConnection: closes after the request that asks for it") {
  Fixture fixture;
  fixture.connection.on_bytes("GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n");
  CHECK(fixture.answers() == 1);
  CHECK(fixture.stream.finished);
  fixture.connection.on_bytes("GET /livez HTTP/1.1\r\n\r\n");
  CHECK(fixture.answers() == 1);
}

TEST_CASE("HttpConnection: rubbish gets one answer, then the end") {
  Fixture fixture;
  fixture.connection.on_bytes("no such thing\r\n\r\n");
  fixture.connection.on_bytes("GET /livez HTTP/1.1\r\n\r\n");
  CHECK(fixture.stream.written.starts_with("HTTP/1.1 400 "));
  CHECK(fixture.answers() == 1);
  CHECK(fixture.stream.finished);
}

TEST_CASE("HttpConnection: the requests before rubbish are answered") {
  Fixture fixture;
  fixture.connection.on_bytes("GET /livez HTTP/1.1\r\n\r\n\x01\x02");
  CHECK(fixture.answers() == 2);
  CHECK(fixture.stream.written.starts_with("HTTP/1.1 200 "));
  CHECK(fixture.stream.finished);
}

}  // namespace
}  // namespace starling
