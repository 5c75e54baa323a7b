#include "base/byte_budget.h"

#include <cstddef>
#include <deque>

#include <doctest/doctest.h>

namespace starling {
namespace {

constexpr std::size_t kMegabyte = std::size_t{1} << 20U;

// Each of `count` connections takes messages of `size` as long as they find room.
std::size_t taken_by_greedy(ByteBudget& budget, std::deque<ByteShare>& shares, std::size_t count,
                            std::size_t size) {
  for (std::size_t i = 0; i < count; ++i) shares.emplace_back(budget);
  for (int round = 0; round < 100; ++round) {
    for (ByteShare& share : shares) {
      if (share.has_room(size)) share.hold(share.held() + size);
    }
  }
  return budget.used();
}

TEST_CASE("ByteBudget: fifty greedy connections do not exceed it") {
  ByteBudget budget(17 * kMegabyte);
  std::deque<ByteShare> shares;
  CHECK(taken_by_greedy(budget, shares, 50, kMegabyte) == 17 * kMegabyte);
  for (const ByteShare& share : shares) CHECK(share.held() <= kMegabyte);
}

TEST_CASE("ByteBudget: what is small finds room however little is left") {
  ByteBudget budget(17 * kMegabyte);
  std::deque<ByteShare> shares;
  static_cast<void>(taken_by_greedy(budget, shares, 50, kMegabyte));
  CHECK(budget.has_room(0, 1000));
  CHECK(budget.has_room(ByteBudget::kFloorBytes - 1000, 1000));
  CHECK_FALSE(budget.has_room(ByteBudget::kFloorBytes - 1000, 1001));
}

TEST_CASE("ByteBudget: one greedy connection leaves the others half and more") {
  ByteBudget budget(64 * kMegabyte);
  std::deque<ByteShare> shares;
  CHECK(taken_by_greedy(budget, shares, 1, kMegabyte) <= 32 * kMegabyte);
  const ByteShare polite(budget);
  CHECK(polite.has_room(16 * kMegabyte));
}

TEST_CASE("ByteBudget: a message as large as all of it passes when nobody else is there") {
  ByteBudget budget(17 * kMegabyte);
  ByteShare share(budget);
  CHECK(share.has_room(17 * kMegabyte));
  share.hold(17 * kMegabyte);
  CHECK_FALSE(share.has_room(1));
  CHECK_FALSE(budget.has_room(0, kMegabyte));
}

TEST_CASE("ByteShare: gives back what it holds") {
  ByteBudget budget(kMegabyte);
  {
    ByteShare share(budget);
    share.hold(3000);
    share.hold(2000);
    CHECK(budget.used() == 2000);
  }
  CHECK(budget.used() == 0);
}

}  // namespace
}  // namespace starling
