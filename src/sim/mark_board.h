#pragma once

// MarkBoard: which rare paths the runs reached, and how often. Code under test says so itself, in
// trace lines that begin with "mark: "; the simulator adds what it can see from outside. A listed
// mark that no seed reaches means that the workload or the fault plan is too tame.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace starling::sim {

inline constexpr std::string_view kMarkPrefix = "mark: ";

class MarkBoard {
 public:
  void reach(std::string_view mark, std::uint64_t times = 1);
  // Takes a log line; anything that is no mark is ignored.
  void reach_by_log(std::string_view line);
  void join(const MarkBoard& other);

  [[nodiscard]] std::uint64_t times(std::string_view mark) const;
  [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& all() const {
    return times_;
  }
  [[nodiscard]] std::vector<std::string_view> missing(
      std::span<const std::string_view> listed) const;

 private:
  std::map<std::string, std::uint64_t, std::less<>> times_;
};

// What a thousand seeds of the default scenario must have reached.
[[nodiscard]] std::span<const std::string_view> listed_marks();

}  // namespace starling::sim
