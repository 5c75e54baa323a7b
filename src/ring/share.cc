#include "ring/share.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "base/assert.h"

namespace starling {
namespace {

// Products of slots and sums of weights, summed over the members, pass 64 bits.
__extension__ using Wide = unsigned __int128;

enum class Bound : std::uint8_t { None, Least, Most };

// Water-filling between two bounds, as CSS lays out flexible boxes (section 9.7): share the rest by
// weight; of those who break a bound, freeze the kind that breaks it by more in all; repeat. Each
// round freezes at least one claim.
class WaterFilling {
 public:
  WaterFilling(std::uint32_t total, const std::vector<ShareClaim>& claims)
      : claims_(claims), rest_(total), shares_(claims.size()), frozen_(claims.size(), Bound::None) {
    for (const ShareClaim& claim : claims_) weights_ += claim.weight;
  }

  std::vector<std::uint32_t> run() {
    while (freeze_round()) {
    }
    divide_rest();
    return std::move(shares_);
  }

 private:
  // By how much (times the sum of weights) the claim's plain share is beyond `bound`; 0 if not.
  [[nodiscard]] Wide excess(const ShareClaim& claim, Bound bound) const {
    const Wide share = Wide{rest_} * claim.weight;
    if (bound == Bound::Least) {
      const Wide least = weights_ * claim.least;
      return share < least ? least - share : 0;
    }
    const Wide most = weights_ * claim.most;
    return share > most ? share - most : 0;
  }

  [[nodiscard]] Wide total_excess(Bound bound) const {
    Wide sum = 0;
    for (std::size_t i = 0; i < claims_.size(); ++i) {
      if (frozen_[i] == Bound::None) sum += excess(claims_[i], bound);
    }
    return sum;
  }

  bool freeze_round() {
    const Wide below = total_excess(Bound::Least);
    const Wide above = total_excess(Bound::Most);
    if (below == 0 && above == 0) return false;
    // Freezing changes the rest, so who is frozen is decided before.
    const Bound bound = below > above ? Bound::Least : Bound::Most;
    std::vector<std::size_t> broken;
    for (std::size_t i = 0; i < claims_.size(); ++i) {
      if (frozen_[i] == Bound::None && excess(claims_[i], bound) > 0) broken.push_back(i);
    }
    for (const std::size_t i : broken) freeze(i, bound);
    return true;
  }

  void freeze(std::size_t i, Bound bound) {
    frozen_[i] = bound;
    shares_[i] = bound == Bound::Least ? claims_[i].least : claims_[i].most;
    STARLING_CHECK(rest_ >= shares_[i]);
    rest_ -= shares_[i];
    weights_ -= claims_[i].weight;
  }

  // Rounds down, then gives the odd slots to claims whose exact share has a fraction.
  void divide_rest() {
    std::vector<std::size_t> fractional;
    const std::uint32_t divided = rest_;
    for (std::size_t i = 0; i < claims_.size(); ++i) {
      if (frozen_[i] != Bound::None) continue;
      const Wide exact = Wide{divided} * claims_[i].weight;
      shares_[i] = static_cast<std::uint32_t>(exact / weights_);
      rest_ -= shares_[i];
      if (exact % weights_ != 0) fractional.push_back(i);
    }
    std::ranges::sort(fractional, [this, divided](std::size_t left, std::size_t right) {
      return rounding_order(left, divided) > rounding_order(right, divided);
    });
    STARLING_CHECK(rest_ <= fractional.size());
    for (std::size_t i = 0; i < rest_; ++i) ++shares_[fractional[i]];
  }

  // Who already holds more than its rounded share first (it then keeps it, and nothing moves), then
  // the greater fraction.
  [[nodiscard]] std::tuple<bool, Wide, std::uint64_t> rounding_order(std::size_t i,
                                                                     std::uint32_t divided) const {
    const ShareClaim& claim = claims_[i];
    return {claim.held > shares_[i], Wide{divided} * claim.weight % weights_, claim.preference};
  }

  const std::vector<ShareClaim>& claims_;
  std::uint32_t rest_;
  Wide weights_ = 0;
  std::vector<std::uint32_t> shares_;
  std::vector<Bound> frozen_;
};

}  // namespace

std::vector<std::uint32_t> divide_by_weight(std::uint32_t total,
                                            const std::vector<ShareClaim>& claims) {
  return WaterFilling(total, claims).run();
}

}  // namespace starling
