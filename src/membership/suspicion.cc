#include "membership/suspicion.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "base/ids.h"
#include "base/time.h"

namespace starling {
namespace {

constexpr std::size_t kWantedMax = Suspicion::kConfirmations;

// 1000 · log(c + 1) / log(C + 1), by C and c. Where nobody can confirm, the first word is enough.
constexpr std::array<std::array<int, kWantedMax + 1>, kWantedMax + 1> kShortened{{
    {1000, 1000, 1000, 1000},
    {0, 1000, 1000, 1000},
    {0, 631, 1000, 1000},
    {0, 500, 792, 1000},
}};

}  // namespace

Suspicion::Suspicion(NodeId accuser, std::size_t members, Instant now)
    : started_(now),
      least_(std::max(kLeast, kLeastPerDoubling * static_cast<int>(std::bit_width(members)))),
      wanted_(std::min(kConfirmations, members > 2 ? members - 2 : 0)),
      accusers_{accuser} {}

bool Suspicion::confirm(NodeId accuser) {
  if (accusers_.size() > wanted_ || is_accused_by(accuser)) return false;
  accusers_.push_back(accuser);
  return true;
}

bool Suspicion::is_accused_by(NodeId accuser) const {
  return std::ranges::find(accusers_, accuser) != accusers_.end();
}

Instant Suspicion::deadline() const {
  const Duration most = least_ * kMostInLeast;
  const int shortened = kShortened.at(wanted_).at(accusers_.size() - 1);
  return started_ + most - (most - least_) * shortened / 1000;
}

}  // namespace starling
