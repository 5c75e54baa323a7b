#include "repair/fence.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/ids.h"
#include "base/random.h"
#include "naive_tree.h"
#include "ring/token.h"

namespace starling {
namespace {

constexpr Token kKey{7};
constexpr Token kOther{8};

TEST_CASE("Fence: a new one accepts everything") {
  CHECK(Fence().accepts(FenceStamp{0}, kKey));
  CHECK(Fence().stamp() == FenceStamp{0});
}

TEST_CASE(
    "Fence: an older state is refused for the keys that were reaped since, and for no other") {
  Fence fence;
  fence.advance(FenceStamp{1}, {kOther, kKey});
  fence.advance(FenceStamp{4}, {kOther});
  CHECK_FALSE(fence.accepts(FenceStamp{0}, kKey));
  CHECK(fence.accepts(FenceStamp{1}, kKey));
  CHECK_FALSE(fence.accepts(FenceStamp{1}, kOther));
  CHECK_FALSE(fence.accepts(FenceStamp{3}, kOther));
  CHECK(fence.accepts(FenceStamp{4}, kOther));
  CHECK(fence.accepts(FenceStamp{0}, Token{9}));
}

TEST_CASE("Fence: raised without knowing what was reaped, it refuses all that is older") {
  Fence fence;
  fence.raise(FenceStamp{3});
  CHECK_FALSE(fence.accepts(FenceStamp{2}, Token{9}));
  CHECK(fence.accepts(FenceStamp{3}, Token{9}));
  fence.raise(FenceStamp{2});
  CHECK(fence.stamp() == FenceStamp{3});
}

TEST_CASE("Fence: agrees with one that remembers everything, but for what is too old") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  Random random(seed);
  Fence fence;
  std::map<FenceStamp, std::set<Token>> reaped;
  FenceStamp stamp;
  for (int round = 0; round < 100; ++round) {
    stamp.value += random.between(1, 3);
    std::vector<Token> keys;
    for (std::uint64_t i = random.below(4); i > 0; --i) keys.push_back(Token{random.below(10)});
    reaped[stamp] = {keys.begin(), keys.end()};
    fence.advance(stamp, keys);
    for (std::uint64_t old = 0; old <= stamp.value; ++old) {
      const Token key{random.below(10)};
      bool clean = true;
      std::size_t missed = 0;
      for (const auto& [at, set] : reaped) {
        if (at <= FenceStamp{old}) continue;
        ++missed;
        clean = clean && !set.contains(key);
      }
      CHECK(fence.accepts(FenceStamp{old}, key) == (clean && missed <= kFenceGenerations));
    }
  }
}

TEST_CASE("Fence: who catches up with what it missed refuses the same as the other") {
  Fence ahead;
  ahead.advance(FenceStamp{1}, {kOther});
  Fence behind = ahead;
  ahead.advance(FenceStamp{2}, {kKey});
  ahead.advance(FenceStamp{3}, {});
  behind.catch_up(ahead.stamp(), ahead.since(behind.stamp()));
  CHECK(behind == ahead);
  CHECK_FALSE(behind.accepts(FenceStamp{1}, kKey));
}

TEST_CASE("Fence: who is too far behind raises, and refuses whatever is older") {
  Fence ahead;
  for (std::uint64_t stamp = 1; stamp <= kFenceGenerations + 2; ++stamp)
    ahead.advance(FenceStamp{stamp}, {kKey});
  Fence behind;
  CHECK(ahead.since(behind.stamp()) == std::nullopt);
  behind.catch_up(ahead.stamp(), ahead.since(behind.stamp()));
  CHECK(behind.stamp() == ahead.stamp());
  CHECK_FALSE(behind.accepts(FenceStamp{17}, kOther));
}

TEST_CASE("Fence: catching up with somebody behind changes nothing") {
  Fence fence;
  fence.advance(FenceStamp{2}, {kKey});
  const Fence before = fence;
  fence.catch_up(FenceStamp{1}, std::vector<FenceGeneration>{});
  fence.catch_up(FenceStamp{2}, std::nullopt);
  CHECK(fence == before);
}

TEST_CASE("Fence: catching up with one that was only raised forgets what it can not vouch for") {
  Fence raised;
  raised.raise(FenceStamp{5});
  Fence behind;
  behind.advance(FenceStamp{4}, {kKey});
  behind.catch_up(raised.stamp(), raised.since(FenceStamp{4}));
  CHECK_FALSE(behind.accepts(FenceStamp{4}, kOther));
}

TEST_CASE("Fence: a list of generations that makes no sense is as good as none") {
  const std::vector<Token> too_many(kReapKeysMax + 1);
  Fence fence;
  fence.catch_up(FenceStamp{2},
                 std::vector<FenceGeneration>{{.fence = FenceStamp{2}, .keys = too_many}});
  CHECK(fence.stamp() == FenceStamp{2});
  CHECK_FALSE(fence.accepts(FenceStamp{1}, kKey));
  Fence unordered;
  unordered.catch_up(FenceStamp{5},
                     std::vector<FenceGeneration>{{.fence = FenceStamp{5}, .keys = {kKey}},
                                                  {.fence = FenceStamp{4}, .keys = {kOther}}});
  CHECK(unordered.stamp() == FenceStamp{5});
  CHECK_FALSE(unordered.accepts(FenceStamp{3}, kKey));
  CHECK_FALSE(unordered.accepts(FenceStamp{3}, kOther));
}

TEST_CASE("Fence: the bytes are these and no others") {
  const std::string key = fence_store_key(PartitionId{0x0102});
  CHECK(to_hex(key) == "010205");
  Fence fence;
  fence.advance(FenceStamp{1}, {kKey});
  fence.advance(FenceStamp{300}, {});
  const std::string bytes = fence.encode(key);
  CHECK(to_hex(bytes.substr(0, bytes.size() - 8)) ==
        "01"
        "ac02"
        "00"
        "02"
        "01"
        "01"
        "0700000000000000"
        "ac02"
        "00");
  const Result<Fence> decoded = Fence::decode(key, bytes);
  REQUIRE(decoded.ok());
  CHECK(*decoded == fence);
}

TEST_CASE("Fence: every cut, every changed byte and every other key is noticed") {
  const std::string key = fence_store_key(PartitionId{1});
  Fence fence;
  fence.advance(FenceStamp{1}, {kKey});
  const std::string good = fence.encode(key);
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(Fence::decode(key, good.substr(0, size)).ok());
    std::string bytes = good;
    bytes[size] = static_cast<char>(bytes[size] + 1);
    CHECK_FALSE(Fence::decode(key, bytes).ok());
  }
  CHECK_FALSE(Fence::decode(fence_store_key(PartitionId{2}), good).ok());
}

}  // namespace
}  // namespace starling
