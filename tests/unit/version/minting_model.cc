#include "minting_model.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "minting_model_state.h"
#include "notation.h"
#include "version/dot.h"

namespace starling {
namespace {

struct FingerprintHash {
  std::size_t operator()(const Hash128& fingerprint) const { return fingerprint.low; }
};

constexpr std::uint32_t kNoParent = std::numeric_limits<std::uint32_t>::max();

// How a state was first reached.
struct Step {
  std::uint32_t parent = kNoParent;
  ModelAction action;
};

struct Reached {
  ModelState state;
  std::uint32_t step;
};

std::size_t count(WriteMask writes) {
  return static_cast<std::size_t>(std::popcount(writes));
}

// What the clients of the writes in `among` knew.
WriteMask histories(const ModelState& state, WriteMask among) {
  WriteMask known = 0;
  for (std::size_t write = 0; write < state.writes().size(); ++write) {
    if (((among >> write) & 1U) != 0)
      known = static_cast<WriteMask>(known | state.writes()[write].history);
  }
  return known;
}

WriteMask lost_in(const ModelState& state, WriteMask visible) {
  const WriteMask survivors = state.surviving();
  return static_cast<WriteMask>(survivors & ~visible & ~histories(state, survivors));
}

WriteMask false_in(const ModelState& state, WriteMask visible) {
  return static_cast<WriteMask>(visible & histories(state, visible));
}

std::size_t duplicates_in(const ModelState& state) {
  std::vector<Dot> dots;
  for (const ModelWrite& write : state.writes()) dots.push_back(write.dot);
  std::sort(dots.begin(), dots.end());
  const auto end = std::unique(dots.begin(), dots.end());
  return static_cast<std::size_t>(dots.end() - end);
}

std::string node_name(std::size_t node) {
  return std::string(1, static_cast<char>('A' + static_cast<char>(node)));
}

std::string text_of(const ModelState& after, const ModelAction& action) {
  const std::string place = node_name(action.place);
  const std::string number = std::to_string(action.subject + 1);
  switch (action.verb) {
    case ModelVerb::Put:
      return "client " + number + " puts w" + std::to_string(after.writes().size()) + " at " +
             place + ", minted " + starling::text_of(after.writes().back().dot);
    case ModelVerb::Get:
      return "client " + number + " gets from " + place;
    case ModelVerb::Deliver:
      return "the delta of w" + number + " reaches " + place;
    case ModelVerb::Repair:
      return place + " is repaired from " + node_name(action.subject);
    case ModelVerb::Backup:
      return "a backup of A is taken";
    case ModelVerb::Fail:
      return "the fault strikes A";
  }
  return {};
}

class Search {
 public:
  explicit Search(const Scheme& scheme) : scheme_(scheme) {}

  Findings run() {
    std::vector<Reached> level;
    visit(ModelState(scheme_), {}, level);
    while (!level.empty()) {
      std::vector<Reached> next;
      for (const Reached& reached : level) expand(reached, next);
      level = std::move(next);
    }
    findings_.states = steps_.size();
    return std::move(findings_);
  }

 private:
  void expand(const Reached& reached, std::vector<Reached>& next) {
    for (const ModelAction& action : reached.state.possible_actions(scheme_)) {
      ModelState state = reached.state;
      state.apply(scheme_, action);
      visit(std::move(state), {.parent = reached.step, .action = action}, next);
    }
  }

  void visit(ModelState state, const Step& step, std::vector<Reached>& next) {
    if (!seen_.insert(state.fingerprint()).second) return;
    const auto number = static_cast<std::uint32_t>(steps_.size());
    steps_.push_back(step);
    judge(state, number);
    next.push_back({.state = std::move(state), .step = number});
  }

  void judge(const ModelState& state, std::uint32_t number) {
    const WriteMask at_a = state.visible_after_merge(0, 1);
    const WriteMask at_b = state.visible_after_merge(1, 0);
    const auto lost = static_cast<WriteMask>(lost_in(state, at_a) | lost_in(state, at_b));
    const auto extra = static_cast<WriteMask>(false_in(state, at_a) | false_in(state, at_b));
    findings_.lost += count(lost);
    findings_.false_siblings += count(extra);
    findings_.duplicate_dots += duplicates_in(state);
    if (lost != 0 && findings_.story.empty()) findings_.story = story_to(number, lost);
  }

  [[nodiscard]] std::string story_to(std::uint32_t number, WriteMask lost) const {
    std::vector<ModelAction> actions;
    for (; steps_[number].parent != kNoParent; number = steps_[number].parent)
      actions.push_back(steps_[number].action);
    ModelState state(scheme_);
    std::string story;
    for (auto action = actions.rbegin(); action != actions.rend(); ++action) {
      state.apply(scheme_, *action);
      story += "\n  " + text_of(state, *action);
    }
    return story + "\n  lost: w" + std::to_string(std::countr_zero(lost) + 1);
  }

  const Scheme& scheme_;
  std::unordered_set<Hash128, FingerprintHash> seen_;
  std::vector<Step> steps_;
  Findings findings_;
};

}  // namespace

Findings search(const Scheme& scheme) {
  return Search(scheme).run();
}

std::string summary(const Scheme& scheme, const Findings& findings) {
  return scheme.name + " (at most " + std::to_string(scheme.puts_max) + " puts, " +
         std::to_string(scheme.gets_max) + " gets): " + std::to_string(findings.states) +
         " states, " + std::to_string(findings.lost) + " lost, " +
         std::to_string(findings.false_siblings) + " false siblings, " +
         std::to_string(findings.duplicate_dots) + " duplicate dots";
}

}  // namespace starling
