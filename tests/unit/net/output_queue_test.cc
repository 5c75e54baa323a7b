#include "net/output_queue.h"

#include <cstddef>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace starling {
namespace {

constexpr std::size_t kMegabyte = std::size_t{1} << 20U;

std::string joined(const std::vector<std::string>& segments) {
  return std::accumulate(segments.begin(), segments.end(), std::string());
}

std::string drained(OutputQueue& queue, std::size_t bytes_max) {
  std::string all;
  while (!queue.empty()) all += joined(queue.take(bytes_max));
  return all;
}

TEST_CASE("OutputQueue: the urgent overtakes data, and data overtakes bulk") {
  OutputQueue queue;
  queue.push(OutputClass::Bulk, "scan ");
  queue.push(OutputClass::Data, "write ");
  queue.push(OutputClass::Urgent, "ack ");
  CHECK(queue.bytes() == 15);
  CHECK(joined(queue.take(kMegabyte)) == "ack write scan ");
  CHECK(queue.empty());
}

TEST_CASE("OutputQueue: within a class the order stays, whatever the portions") {
  for (const std::size_t portion : {std::size_t{1}, OutputQueue::kSegmentBytes, kMegabyte}) {
    OutputQueue queue;
    std::string expected;
    for (int number = 0; number < 2000; ++number) {
      const std::string message(static_cast<std::size_t>(number),
                                static_cast<char>('a' + number % 26));
      queue.push(OutputClass::Data, message);
      expected += message;
    }
    CHECK(drained(queue, portion) == expected);
    CHECK(queue.bytes() == 0);
  }
}

TEST_CASE("OutputQueue: small messages are gathered, a large one goes alone") {
  OutputQueue queue;
  for (int i = 0; i < 100; ++i) queue.push(OutputClass::Data, std::string(100, 'x'));
  queue.push(OutputClass::Data, std::string(3 * kMegabyte, 'y'));
  queue.push(OutputClass::Data, "end");
  CHECK(queue.take(kMegabyte).size() == 1);
  const std::vector<std::string> large = queue.take(kMegabyte);
  REQUIRE(large.size() == 1);
  CHECK(large.front().size() == 3 * kMegabyte);
  CHECK(joined(queue.take(kMegabyte)) == "end");
}

TEST_CASE("OutputQueue: the urgent goes out whatever waits, and however much of it there is") {
  OutputQueue queue;
  queue.push(OutputClass::Data, std::string(10 * kMegabyte, 'd'));
  for (int i = 0; i < 100; ++i) queue.push(OutputClass::Urgent, std::string(60'000, 'u'));
  const std::string batch = joined(queue.take(kMegabyte));
  CHECK(batch == std::string(6'000'000, 'u'));
}

TEST_CASE("OutputQueue: bulk gets an eighth while data waits, and all when none does") {
  OutputQueue queue;
  for (int i = 0; i < 160; ++i) queue.push(OutputClass::Data, std::string(kMegabyte, 'd'));
  for (int i = 0; i < 20; ++i) queue.push(OutputClass::Bulk, std::string(kMegabyte, 'b'));
  std::size_t bulk = 0;
  for (int turn = 0; turn < 80; ++turn) {
    for (const std::string& segment : queue.take(kMegabyte)) bulk += segment.front() == 'b' ? 1 : 0;
  }
  CHECK(bulk == 10);
  CHECK(drained(queue, kMegabyte).size() == 90 * kMegabyte);
}

TEST_CASE("OutputQueue: clearing forgets everything") {
  OutputQueue queue;
  queue.push(OutputClass::Data, "data");
  queue.push(OutputClass::Bulk, "bulk");
  queue.clear();
  CHECK(queue.empty());
  CHECK(queue.take(1).empty());
}

}  // namespace
}  // namespace starling
