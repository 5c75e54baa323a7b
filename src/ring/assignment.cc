#include "ring/assignment.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "ring/rendezvous.h"

namespace starling {
namespace {

bool contains(const std::vector<TakerIndex>& takers, TakerIndex taker) {
  return std::ranges::find(takers, taker) != takers.end();
}

// Five passes. Each of the first four leaves less to the next: rows with too many takers drop some,
// rows with too few take who is furthest below its quota, takers above their quota give, and what
// is stuck then (every taker in need is in the row already) is solved by chains of gifts. The last
// undoes moves that turned out to be needless.
class Balancing {
 public:
  Balancing(std::vector<AssignedRow>& rows, const std::vector<Taker>& takers)
      : rows_(rows), takers_(takers), held_(takers.size()), occupied_(takers.size()) {
    std::ranges::sort(rows_, {}, [](const AssignedRow& row) { return turn_of(row); });
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
      const std::optional<TakerIndex> taker = neediest(row);
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

  // The taker outside the row with the greatest deficit relative to its quota.
  [[nodiscard]] std::optional<TakerIndex> neediest(const AssignedRow& row) const {
    std::optional<TakerIndex> best;
    for (TakerIndex taker = 0; taker < takers_.size(); ++taker) {
      if (deficit(taker) == 0 || contains(row.takers, taker)) continue;
      if (!best || takes_before(taker, *best, row)) best = taker;
    }
    return best;
  }

  [[nodiscard]] bool takes_before(TakerIndex left, TakerIndex right, const AssignedRow& row) const {
    const bool left_pressed = pressed(left);
    const bool right_pressed = pressed(right);
    if (left_pressed != right_pressed) return left_pressed;
    const std::uint64_t left_need = std::uint64_t{deficit(left)} * takers_[right].quota;
    const std::uint64_t right_need = std::uint64_t{deficit(right)} * takers_[left].quota;
    if (left_need != right_need) return left_need > right_need;
    return score(left, row) > score(right, row);
  }

  // `candidates` is a copy: the row changes under it.
  void give(AssignedRow& row, const std::vector<TakerIndex> candidates) {  // NOLINT
    for (const TakerIndex giver : candidates) {
      if (surplus(giver) == 0 || !contains(row.takers, giver)) continue;
      const std::optional<TakerIndex> taker = neediest(row);
      if (!taker) return;
      remove(row, giver);
      add(row, *taker);
    }
  }

  void fill_by_chain(std::size_t index) {
    AssignedRow& row = rows_[index];
    while (row.takers.size() < row.demand) {
      if (const std::optional<TakerIndex> taker = neediest(row)) {
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
    while (search.growing) {
      const std::optional<TakerIndex> end = extend(search, Givers::All);
      if (end) return make_gifts(*end, search);
    }
    check_failed("an assignment exists", __FILE__, __LINE__);
  }

  // A taker that lost one row and won another moved twice for nothing, if the two can be undone
  // by a circle of gifts that moves nothing that had stayed (a negative cycle of the flow).
  void take_back() {
    std::vector<bool> won(takers_.size());
    std::vector<bool> lost(takers_.size());
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      for (const TakerIndex taker : rows_[i].takers) won[taker] = won[taker] || is_new(taker, i);
      for (const TakerIndex taker : before_[i]) {
        lost[taker] = lost[taker] || !contains(rows_[i].takers, taker);
      }
    }
    for (TakerIndex taker = 0; taker < takers_.size(); ++taker) {
      if (!won[taker] || !lost[taker]) continue;
      while (take_back_one(taker)) {
      }
    }
  }

  // Gives one lost row back to `taker`. Whoever has it since gets another one through gifts that
  // begin with a row that `taker` has won.
  bool take_back_one(TakerIndex taker) {
    Search search(takers_.size(), {taker});
    while (search.growing) static_cast<void>(extend(search, Givers::NewOnes));
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (!contains(before_[i], taker) || contains(rows_[i].takers, taker)) continue;
      for (const TakerIndex holder : std::vector<TakerIndex>(rows_[i].takers)) {
        if (!is_new(holder, i) || !search.reached_by[holder]) continue;
        static_cast<void>(make_gifts(holder, search));
        remove(rows_[i], holder);
        add(rows_[i], taker);
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] bool is_new(TakerIndex taker, std::size_t row) const {
    return !contains(before_[row], taker);
  }

  struct Gift {
    TakerIndex giver;
    std::size_t row;
  };

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
    bool growing = true;
  };

  enum class Givers : std::uint8_t { All, NewOnes };

  // One step of the search; returns a taker in need when it meets one.
  std::optional<TakerIndex> extend(Search& search, Givers givers) const {
    std::vector<TakerIndex> unreached;
    for (TakerIndex taker = 0; taker < takers_.size(); ++taker) {
      if (search.distance[taker] == Search::kUnreached) unreached.push_back(taker);
    }
    const std::size_t unreached_before = unreached.size();
    std::optional<TakerIndex> end;
    for (std::size_t i = 0; i < rows_.size() && !end && !unreached.empty(); ++i) {
      const std::optional<TakerIndex> giver = giver_in(i, search, givers);
      if (!giver) continue;
      std::erase_if(unreached, [&, row = i](TakerIndex taker) {
        if (contains(rows_[row].takers, taker)) return false;
        search.distance[taker] = search.step + 1;
        search.reached_by[taker] = Gift{.giver = *giver, .row = row};
        if (!end && deficit(taker) > 0) end = taker;
        return true;
      });
    }
    ++search.step;
    search.growing = unreached.size() < unreached_before;
    return end;
  }

  [[nodiscard]] std::optional<TakerIndex> giver_in(std::size_t row, const Search& search,
                                                   Givers givers) const {
    for (const TakerIndex taker : rows_[row].takers) {
      if (search.distance[taker] != search.step) continue;
      if (givers == Givers::All || is_new(taker, row)) return taker;
    }
    return std::nullopt;
  }

  TakerIndex make_gifts(TakerIndex end, const Search& search) {
    TakerIndex taker = end;
    while (search.reached_by[taker]) {
      const Gift gift = *search.reached_by[taker];
      remove(rows_[gift.row], gift.giver);
      add(rows_[gift.row], taker);
      taker = gift.giver;
    }
    return taker;
  }

  std::vector<AssignedRow>& rows_;
  std::vector<std::vector<TakerIndex>> before_;  // the rows' takers at first
  const std::vector<Taker>& takers_;
  std::vector<std::uint32_t> held_;
  std::vector<std::uint32_t> occupied_;  // open rows that the taker is in already
  std::uint32_t open_rows_ = 0;
  std::uint64_t surplus_in_all_ = 0;
};

}  // namespace

void assign_with_fewest_moves(std::vector<AssignedRow>& rows, const std::vector<Taker>& takers) {
  Balancing(rows, takers).run();
}

}  // namespace starling
