#include "bench/workload.h"

#include <array>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "base/random.h"

namespace starling::bench {
namespace {

TEST_CASE("Workload: every one asks for a hundred percent, in its proportions") {
  for (const char* const name : {"a", "b", "c", "d", "f", "insert", "put", "get"}) {
    CAPTURE(name);
    const Workload workload = *workload_of(name);
    std::uint32_t sum = 0;
    for (const std::uint32_t percent : workload.percent) sum += percent;
    CHECK(sum == 100);
    std::array<int, kOperationKinds> drawn{};
    Random random(1);
    for (int draw = 0; draw < 20'000; ++draw) {
      ++drawn.at(static_cast<std::size_t>(workload.draw(random)));
    }
    for (std::size_t kind = 0; kind < kOperationKinds; ++kind) {
      CHECK(drawn.at(kind) / 200.0 ==
            doctest::Approx(workload.percent.at(kind)).epsilon(0.05).scale(10));
    }
  }
}

TEST_CASE("Workload: only inserts alone need no records") {
  CHECK_FALSE(workload_of("insert")->needs_records());
  CHECK(workload_of("d")->needs_records());
  CHECK(workload_of("get")->needs_records());
}

TEST_CASE("Workload: a name that nobody knows is refused with those there are") {
  const auto unknown = workload_of("e");
  CHECK(unknown.status().code() == StatusCode::Usage);
  CHECK(unknown.status().message() ==
        "unknown workload 'e': there are a, b, c, d, f, insert, put, get");
}

TEST_CASE("Workload: operations are called what the figures call them") {
  CHECK(operation_name(OperationKind::Get) == "get");
  CHECK(operation_name(OperationKind::Put) == "put");
  CHECK(operation_name(OperationKind::Insert) == "insert");
  CHECK(operation_name(OperationKind::ReadModifyWrite) == "read_modify_write");
}

}  // namespace
}  // namespace starling::bench
