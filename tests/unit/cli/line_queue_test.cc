#include "cli/line_queue.h"

#include <cstdint>
#include <string>
#include <thread>

#include <doctest/doctest.h>

namespace starling::cli {
namespace {

ImportLine line(std::uint64_t number, std::size_t value_bytes = 1) {
  return {.number = number,
          .record = {.key = "k", .value = std::string(value_bytes, 'v'), .content_type = {}}};
}

TEST_CASE("LineQueue: lines come out in order, and nothing after the end") {
  LineQueue queue;
  queue.push(line(1));
  queue.push(line(2));
  queue.close();
  CHECK(queue.pop()->number == 1);
  CHECK(queue.pop()->number == 2);
  CHECK_FALSE(queue.pop().has_value());
  CHECK_FALSE(queue.pop().has_value());
}

TEST_CASE("LineQueue: a value of any size fits an empty queue") {
  LineQueue queue;
  queue.push(line(1, 20U << 20U));
  CHECK(queue.pop()->record.value.size() == 20U << 20U);
}

TEST_CASE("LineQueue: a slow reader makes the writer wait, and loses nothing") {
  LineQueue queue;
  constexpr std::uint64_t kLines = 5000;
  std::thread writer([&] {
    for (std::uint64_t number = 1; number <= kLines; ++number) queue.push(line(number, 10'000));
    queue.close();
  });
  std::uint64_t expected = 1;
  while (const auto popped = queue.pop()) CHECK(popped->number == expected++);
  writer.join();
  CHECK(expected == kLines + 1);
}

}  // namespace
}  // namespace starling::cli
