#include "ring/assignment.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "ring/gift_circle.h"
#include "ring/rendezvous.h"

namespace starling {
namespace {

// About a tenth of a second: beyond it, a few needless moves are the lesser evil. Only clusters of
// hundreds of members that are out of balance come near it.
constexpr std::size_t kTakeBackWorkMax = std::size_t{1} << 26U;

bool contains(const std::vector<TakerIndex>& takers, TakerIndex taker) {
  return std::ranges::find(takers, taker) != takers.end();
}

// Five passes. Each of the first four leaves less to the next: rows with too many takers drop some,
// rows with too few take some who are below their quotas, takers above their quota give, and what
// is stuck then (every taker in need is in the row already) is solved by chains of gifts. The last
// undoes moves that turned out to be needless.
class Balancing {
 public:
  Balancing(std::vector<AssignedRow>& rows, const std::vector<Taker>& takers)
      : rows_(rows), takers_(takers), held_(takers.size()), occupied_(takers.size()) {
    std::ranges::sort(rows_, {}, [](const AssignedRow& row) { return turn_of(row); });
    for (const Taker& taker : takers_) salt_ = rendezvous_score(taker.id, salt_);
    for (const AssignedRow& row : rows_) {
      before_.push_back(row.takers);
      for (const TakerIndex taker : row.takers) ++held_[taker];
    }
  }

  void run() {
    for (AssignedRow& row : rows_) trim(row);
    fill_rows();
    for (AssignedRow& row : rows_) give(row, row.ready);
    for (AssignedRow& row : rows_) give(row, row.takers);
    for (std::size_t i = 0; i < rows_.size(); ++i) fill_by_chain(i);
    for (TakerIndex taker = 0; taker < takers_.size(); ++taker) {
      while (surplus(taker) > 0) give_by_chain(taker);
    }
    take_back();
  }

 private:
  // The order of the rows is a hash, so that no run of neighbouring partitions moves together.
  static std::pair<std::uint64_t, std::uint64_t> turn_of(const AssignedRow& row) {
    return {rendezvous_score(0, row.key), row.key};
  }

  [[nodiscard]] std::uint32_t surplus(TakerIndex taker) const {
    return held_[taker] > takers_[taker].quota ? held_[taker] - takers_[taker].quota : 0;
  }
  [[nodiscard]] std::uint32_t deficit(TakerIndex taker) const {
    return held_[taker] < takers_[taker].quota ? takers_[taker].quota - held_[taker] : 0;
  }
  [[nodiscard]] std::uint64_t score(TakerIndex taker, const AssignedRow& row) const {
    return rendezvous_score(takers_[taker].id, row.key);
  }

  void add(AssignedRow& row, TakerIndex taker) {
    row.takers.push_back(taker);
    ++held_[taker];
  }
  void remove(AssignedRow& row, TakerIndex taker) {
    std::erase(row.takers, taker);
    --held_[taker];
  }

  void trim(AssignedRow& row) {
    while (row.takers.size() > row.demand) {
      TakerIndex most = row.takers.front();
      for (const TakerIndex taker : row.takers) {
        if (drops_before(taker, most, row)) most = taker;
      }
      remove(row, most);
    }
  }

  // Compares held / quota by cross products: the fuller one drops first.
  [[nodiscard]] bool drops_before(TakerIndex left, TakerIndex right, const AssignedRow& row) const {
    const bool left_over = surplus(left) > 0;
    const bool right_over = surplus(right) > 0;
    if (left_over != right_over) return left_over;
    const std::uint64_t left_fill = std::uint64_t{held_[left]} * takers_[right].quota;
    const std::uint64_t right_fill = std::uint64_t{held_[right]} * takers_[left].quota;
    if (left_fill != right_fill) return left_fill > right_fill;
    return score(left, row) < score(right, row);
  }

  void fill_rows() {
    for (const AssignedRow& row : rows_) {
      if (row.takers.size() >= row.demand) continue;
      ++open_rows_;
      for (const TakerIndex taker : row.takers) ++occupied_[taker];
    }
    surplus_in_all_ = 0;
    for (TakerIndex taker = 0; taker < takers_.size(); ++taker) surplus_in_all_ += surplus(taker);
    for (AssignedRow& row : rows_) {
      if (row.takers.size() < row.demand) fill(row);
    }
  }

  void fill(AssignedRow& row) {
    const std::vector<TakerIndex> before = row.takers;
    while (row.takers.size() < row.demand) {
      const std::optional<TakerIndex> taker = draw_taker(row);
      if (!taker) break;
      add(row, *taker);
    }
    --open_rows_;
    for (const TakerIndex taker : before) --occupied_[taker];
  }

  // A taker that needs every open row left must take this one too: it can take no row twice. With
  // a surplus about, more rows will open, and nobody is so pressed.
  [[nodiscard]] bool pressed(TakerIndex taker) const {
    return surplus_in_all_ == 0 && deficit(taker) + occupied_[taker] >= open_rows_;
  }

  // A taker outside the row, drawn by the row's hash with the deficits as chances: all fill up in
  // step, and each shares rows with all others. (Always the greatest relative deficit would deal
  // the takers out in the same order round after round: then pairs share many rows or none, and few
  // help when one fails.)
  [[nodiscard]] std::optional<TakerIndex> draw_taker(const AssignedRow& row) const {
    std::vector<TakerIndex> needy;
    bool any_pressed = false;
    for (TakerIndex taker = 0; taker < takers_.size(); ++taker) {
      if (deficit(taker) == 0 || contains(row.takers, taker)) continue;
      needy.push_back(taker);
      any_pressed = any_pressed || pressed(taker);
    }
    if (any_pressed) std::erase_if(needy, [this](TakerIndex taker) { return !pressed(taker); });
    if (needy.empty()) return std::nullopt;
    std::uint64_t chances = 0;
    for (const TakerIndex taker : needy) chances += deficit(taker);
    std::uint64_t drawn = rendezvous_score(salt_ + row.takers.size(), row.key) % chances;
    for (const TakerIndex taker : needy) {
      if (drawn < deficit(taker)) return taker;
      drawn -= deficit(taker);
    }
    return std::nullopt;
  }

  // `candidates` is a copy: the row changes under it.
  void give(AssignedRow& row, const std::vector<TakerIndex> candidates) {  // NOLINT
    for (const TakerIndex giver : candidates) {
      if (surplus(giver) == 0 || !contains(row.takers, giver)) continue;
      const std::optional<TakerIndex> taker = draw_taker(row);
      if (!taker) return;
      remove(row, giver);
      add(row, *taker);
    }
  }

  void fill_by_chain(std::size_t index) {
    AssignedRow& row = rows_[index];
    while (row.takers.size() < row.demand) {
      if (const std::optional<TakerIndex> taker = draw_taker(row)) {
        add(row, *taker);
        continue;
      }
      std::vector<TakerIndex> outside;
      for (TakerIndex taker = 0; taker < takers_.size(); ++taker) {
        if (!contains(row.takers, taker)) outside.push_back(taker);
      }
      add(row, pass_on(outside));
    }
  }

  void give_by_chain(TakerIndex giver) {
    const TakerIndex first = pass_on({giver});
    STARLING_CHECK(first == giver);
  }

  // Finds the shortest chain of gifts from one of `starts` to a taker in need, makes them, and
  // returns the start, which then is one row shorter. There is one: an augmenting path of the flow.
  TakerIndex pass_on(const std::vector<TakerIndex>& starts) {
    Search search(takers_.size(), starts);
    while (search.step < takers_.size()) {
      const std::optional<TakerIndex> end = extend(search);
      if (end) return make_gifts(*end, search);
    }
    check_failed("an assignment exists", __FILE__, __LINE__);
  }

  // A move was needless if a circle of gifts undoes it.
  void take_back() {
    const std::size_t cost_of_search = rows_.size() * takers_.size() + 1;
    std::size_t searches_left = kTakeBackWorkMax / cost_of_search;
    while (searches_left-- > 0 && anyone_won_and_lost()) {
      const std::vector<Gift> circle = find_saving_circle(rows_, before_, takers_.size());
      if (circle.empty()) return;
      for (const Gift& gift : circle) {
        remove(rows_[gift.row], gift.giver);
        add(rows_[gift.row], gift.taker);
      }
    }
  }

  // Without such a taker there is nothing to save: a circle saves where it gives a row back to
  // who lost it, and only the rows that the same taker has won can make up for that for nothing.
  [[nodiscard]] bool anyone_won_and_lost() const {
    std::vector<bool> won(takers_.size());
    std::vector<bool> lost(takers_.size());
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      for (const TakerIndex taker : rows_[i].takers) {
        if (!contains(before_[i], taker)) won[taker] = true;
      }
      for (const TakerIndex taker : before_[i]) {
        if (!contains(rows_[i].takers, taker)) lost[taker] = true;
      }
    }
    for (TakerIndex taker = 0; taker < takers_.size(); ++taker) {
      if (won[taker] && lost[taker]) return true;
    }
    return false;
  }

  // A breadth-first search over takers; an edge is a row that one has and the other has not.
  struct Search {
    Search(std::size_t takers, const std::vector<TakerIndex>& starts)
        : distance(takers, kUnreached), reached_by(takers) {
      for (const TakerIndex start : starts) distance[start] = 0;
    }

    static constexpr std::uint32_t kUnreached = ~std::uint32_t{0};
    std::vector<std::uint32_t> distance;
    std::vector<std::optional<Gift>> reached_by;  // nothing for a start
    std::uint32_t step = 0;
  };

  // One step of the search; returns a taker in need when it meets one.
  std::optional<TakerIndex> extend(Search& search) const {
    std::vector<TakerIndex> unreached;
    for (TakerIndex taker = 0; taker < takers_.size(); ++taker) {
      if (search.distance[taker] == Search::kUnreached) unreached.push_back(taker);
    }
    std::optional<TakerIndex> end;
    for (std::size_t i = 0; i < rows_.size() && !end && !unreached.empty(); ++i) {
      const auto giver = std::ranges::find(rows_[i].takers, search.step,
                                           [&search](TakerIndex t) { return search.distance[t]; });
      if (giver == rows_[i].takers.end()) continue;
      std::erase_if(unreached, [&, row = i](TakerIndex taker) {
        if (contains(rows_[row].takers, taker)) return false;
        search.distance[taker] = search.step + 1;
        search.reached_by[taker] = Gift{.giver = *giver, .taker = taker, .row = row};
        if (!end && deficit(taker) > 0) end = taker;
        return true;
      });
    }
    ++search.step;
    return end;
  }

  TakerIndex make_gifts(TakerIndex end, const Search& search) {
    TakerIndex taker = end;
    while (const std::optional<Gift> gift = search.reached_by[taker]) {
      remove(rows_[gift->row], gift->giver);
      add(rows_[gift->row], taker);
      taker = gift->giver;
    }
    return taker;
  }

  std::vector<AssignedRow>& rows_;
  std::vector<std::vector<TakerIndex>> before_;  // the rows' takers at first
  const std::vector<Taker>& takers_;
  std::vector<std::uint32_t> held_;
  std::vector<std::uint32_t> occupied_;  // open rows that the taker is in already
  std::uint32_t open_rows_ = 0;
  std::uint64_t salt_ = 0;  // so that two zones do not draw alike
  std::uint64_t surplus_in_all_ = 0;
};

}  // namespace

void assign_with_fewest_moves(std::vector<AssignedRow>& rows, const std::vector<Taker>& takers) {
  Balancing(rows, takers).run();
}

}  // namespace starling
