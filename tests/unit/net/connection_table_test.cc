#include "net/connection_table.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "loop_fixture.h"
#include "message/hello.h"
#include "net/uv_connection.h"
#include "net/uv_handle.h"
#include "net/uv_listener.h"
#include "wire/codec.h"

namespace starling {
namespace {

// Every caller becomes a connection of the table.
class Tabled final : public LoopFixture, public UvConnection::Events {
 public:
  explicit Tabled(const ConnectionLimits& limits = {})
      : table(loop, turn, clock, *this, limits, {}), listener_(loop, [this](UvTcp socket) {
          ids.push_back(table.add(UvConnection::Side::Accepted, std::move(socket)).id());
        }) {
    REQUIRE(listener_.listen({.host = "127.0.0.1", .port = 0}).ok());
  }
  [[nodiscard]] std::unique_ptr<RawSide> call() {
    const std::size_t before = ids.size();
    auto caller = RawSide::dial(*this, listener_.port());
    REQUIRE(run_until([&] { return ids.size() > before; }));
    return caller;
  }

  std::vector<std::uint64_t> ids;
  std::vector<std::uint64_t> closed;
  ConnectionTable table;

 private:
  void on_hello(UvConnection& /*from*/, const Hello& /*hello*/) override {}
  Status on_frame(UvConnection& /*from*/, Frame /*frame*/) override { return Status::success(); }
  void on_connection_closed(UvConnection& from, const std::string& /*why*/) override {
    closed.push_back(from.id());
    table.retire(from);
  }

  UvListener listener_;
};

TEST_CASE("ConnectionTable: numbers are never used twice") {
  Tabled fixture;
  const auto first = fixture.call();
  fixture.table.retire(*fixture.table.find(fixture.ids[0]));
  const auto second = fixture.call();
  REQUIRE(fixture.ids.size() == 2);
  CHECK(fixture.ids[0] != fixture.ids[1]);
  CHECK(fixture.table.find(fixture.ids[0]) == nullptr);
  CHECK(fixture.table.find(fixture.ids[1]) != nullptr);
  CHECK(fixture.table.size() == 1);
}

TEST_CASE("ConnectionTable: a retired connection closes, and tells nobody") {
  Tabled fixture;
  const auto caller = fixture.call();
  fixture.table.retire(*fixture.table.find(fixture.ids[0]));
  CHECK(fixture.run_until([&] { return caller->closed(); }));
  CHECK(fixture.closed.empty());
}

TEST_CASE("ConnectionTable: a caller's end is told, and leaves no entry") {
  Tabled fixture;
  const auto caller = fixture.call();
  caller->socket.close();
  CHECK(fixture.run_until([&] { return fixture.closed.size() == 1; }));
  CHECK(fixture.table.size() == 0);
}

TEST_CASE("ConnectionTable: looks after the deadlines of all its connections") {
  Tabled fixture({.handshake_timeout = std::chrono::milliseconds(40)});
  const auto first = fixture.call();
  const auto second = fixture.call();
  CHECK(fixture.run_until([&] { return fixture.closed.size() == 2; }));
  CHECK(fixture.run_until([&] { return first->closed() && second->closed(); }));
}

}  // namespace
}  // namespace starling
