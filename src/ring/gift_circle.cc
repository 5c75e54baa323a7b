#include "ring/gift_circle.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ring/assignment.h"

namespace starling {
namespace {

// The cheapest row that one taker can give another.
struct Offer {
  std::int32_t cost = 0;  // what the gift adds to the moves: -1, 0 or 1
  std::size_t row = 0;
  bool possible = false;
};

// Bellman and Ford's search from all takers at once: whenever the ways found so far bite
// themselves in the tail, that is a circle with a negative sum.
class CircleSearch {
 public:
  explicit CircleSearch(std::size_t takers)
      : takers_(takers), offers_(takers * takers), sums_(takers), previous_(takers, kNobody) {}

  void offer_rows(const AssignedRow& row, std::size_t index,
                  const std::vector<TakerIndex>& before) {
    std::vector<bool> here(takers_);
    std::vector<bool> at_first(takers_);
    for (const TakerIndex taker : row.takers) here[taker] = true;
    for (const TakerIndex taker : before) at_first[taker] = true;
    for (const TakerIndex giver : row.takers) {
      for (TakerIndex taker = 0; taker < takers_; ++taker) {
        if (here[taker]) continue;
        const std::int32_t cost = (at_first[taker] ? 0 : 1) - (at_first[giver] ? 0 : 1);
        Offer& offer = offers_[giver * takers_ + taker];
        if (!offer.possible || cost < offer.cost) {
          offer = {.cost = cost, .row = index, .possible = true};
        }
      }
    }
  }

  std::vector<Gift> run() {
    for (std::size_t round = 0; round <= takers_ && improve(); ++round) {
      if (const std::optional<TakerIndex> taker = taker_on_circle()) return circle_at(*taker);
    }
    return {};
  }

 private:
  bool improve() {
    bool improved = false;
    for (TakerIndex giver = 0; giver < takers_; ++giver) {
      for (TakerIndex taker = 0; taker < takers_; ++taker) {
        const Offer& offer = offers_[giver * takers_ + taker];
        if (!offer.possible || sums_[giver] + offer.cost >= sums_[taker]) continue;
        sums_[taker] = sums_[giver] + offer.cost;
        previous_[taker] = giver;
        improved = true;
      }
    }
    return improved;
  }

  // Walks back from each taker and marks the walk: meeting the own mark again is a circle.
  [[nodiscard]] std::optional<TakerIndex> taker_on_circle() const {
    std::vector<TakerIndex> walk(takers_, kNobody);
    for (TakerIndex start = 0; start < takers_; ++start) {
      TakerIndex taker = start;
      while (taker != kNobody && walk[taker] == kNobody) {
        walk[taker] = start;
        taker = previous_[taker];
      }
      if (taker != kNobody && walk[taker] == start) return taker;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::vector<Gift> circle_at(TakerIndex start) const {
    std::vector<Gift> gifts;
    TakerIndex taker = start;
    do {
      const TakerIndex giver = previous_[taker];
      gifts.push_back(
          {.giver = giver, .taker = taker, .row = offers_[giver * takers_ + taker].row});
      taker = giver;
    } while (taker != start);
    return gifts;
  }

  static constexpr TakerIndex kNobody = ~TakerIndex{0};

  std::size_t takers_;
  std::vector<Offer> offers_;
  std::vector<std::int32_t> sums_;
  std::vector<TakerIndex> previous_;  // kNobody at first
};

}  // namespace

std::vector<Gift> find_saving_circle(const std::vector<AssignedRow>& rows,
                                     const std::vector<std::vector<TakerIndex>>& before,
                                     std::size_t takers) {
  CircleSearch search(takers);
  for (std::size_t i = 0; i < rows.size(); ++i) search.offer_rows(rows[i], i, before[i]);
  return search.run();
}

}  // namespace starling
