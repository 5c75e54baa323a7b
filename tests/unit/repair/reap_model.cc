#include "reap_model.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "reap_world.h"

namespace starling {
namespace {

struct FingerprintHash {
  std::size_t operator()(const Hash128& fingerprint) const { return fingerprint.low; }
};

constexpr std::uint32_t kNoParent = std::numeric_limits<std::uint32_t>::max();

// How a state was first reached.
struct Step {
  std::uint32_t parent = kNoParent;
  WorldAction action;
};

struct Reached {
  ReapWorld world;
  std::uint32_t step;
};

std::size_t count(ReapMask mask) {
  return static_cast<std::size_t>(std::popcount(mask));
}

// In the order of ReapVerb; # is the subject, @ the place.
constexpr std::array<std::string_view, 17> kTexts{
    "a client deletes at @ what it read there",
    "a client puts blindly at @",
    "a client puts sloppily at @",
    "the delta of write # reaches @",
    "the hint of write # is kept at @",
    "hint # reaches @",
    "@ sends its record",
    "record # reaches @",
    "@ starts a round",
    "@ votes for round #",
    "@ carries out round #",
    "@ drops its tombstone after the grace period",
    "@ loses its disk and starts anew",
    "@ asks to be filled",
    "@ is filled",
    "@ asks for the other's fence",
    "@ catches up with it",
};

std::string text_of(const WorldAction& action) {
  std::string text;
  for (const char letter : kTexts.at(static_cast<std::size_t>(action.verb))) {
    if (letter == '#') {
      text += std::to_string(action.subject);
    } else if (letter == '@') {
      text.push_back(static_cast<char>('A' + static_cast<char>(action.place)));
    } else {
      text.push_back(letter);
    }
  }
  return text;
}

class Search {
 public:
  Search(const ReapScheme& scheme, std::size_t states_max)
      : scheme_(scheme), states_max_(states_max) {}

  ReapFindings run() {
    std::vector<Reached> level;
    visit(ReapWorld(scheme_), {}, level);
    while (!level.empty() && findings_.complete) {
      std::vector<Reached> next;
      for (const Reached& reached : level) expand(reached, next);
      level = std::move(next);
    }
    findings_.states = steps_.size();
    return std::move(findings_);
  }

 private:
  void expand(const Reached& reached, std::vector<Reached>& next) {
    for (const WorldAction& action : reached.world.possible_actions(scheme_)) {
      if (steps_.size() >= states_max_) {
        findings_.complete = false;
        return;
      }
      ReapWorld world = reached.world;
      world.apply(scheme_, action);
      visit(std::move(world), {.parent = reached.step, .action = action}, next);
    }
  }

  void visit(ReapWorld world, const Step& step, std::vector<Reached>& next) {
    if (!seen_.insert(world.fingerprint()).second) return;
    const auto number = static_cast<std::uint32_t>(steps_.size());
    steps_.push_back(step);
    judge(world, number);
    next.push_back({.world = std::move(world), .step = number});
  }

  void judge(const ReapWorld& world, std::uint32_t number) {
    const ReapMask resurrected = world.resurrected(scheme_);
    const ReapMask lost = world.lost(scheme_);
    findings_.resurrected += count(resurrected);
    findings_.lost += count(lost);
    if (world.has_reaped()) ++findings_.reaped;
    if ((resurrected | lost) != 0 && findings_.story.empty())
      findings_.story = story_to(number, resurrected != 0 ? "resurrected" : "lost");
  }

  [[nodiscard]] std::string story_to(std::uint32_t number, std::string_view end) const {
    std::vector<std::string> lines;
    for (; steps_[number].parent != kNoParent; number = steps_[number].parent)
      lines.push_back("  " + text_of(steps_[number].action) + "\n");
    std::string story = "\n";
    std::for_each(lines.rbegin(), lines.rend(), [&](const std::string& line) { story += line; });
    return story + "  and a write is " + std::string(end);
  }

  const ReapScheme& scheme_;
  std::size_t states_max_;
  ReapFindings findings_;
  std::vector<Step> steps_;
  std::unordered_set<Hash128, FingerprintHash> seen_;
};

}  // namespace

ReapFindings search(const ReapScheme& scheme, std::size_t states_max) {
  return Search(scheme, states_max).run();
}

std::string summary(const ReapScheme& scheme, const ReapFindings& findings) {
  return scheme.name + ": " + std::to_string(findings.states) + " states" +
         (findings.complete ? "" : " (not all)") + ", " + std::to_string(findings.reaped) +
         " with a reaping done, " + std::to_string(findings.resurrected) + " resurrected, " +
         std::to_string(findings.lost) + " lost";
}

}  // namespace starling
