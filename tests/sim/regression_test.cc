// Seeds that found real mistakes in the store, each with what it found. They must hold for ever. A
// change of the simulator changes what a seed does, so each mistake has a unit test of its own too;
// the seeds are kept because they are nasty.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "sim/fault_plan.h"
#include "sim/report.h"
#include "sim/simulation.h"
#include "sim/trace.h"

namespace starling::sim {
namespace {

struct NamedSeed {
  std::uint64_t seed;
  std::string_view scenario;
  std::string_view found;
  SimEngine engine = SimEngine::Map;
};

constexpr std::array<NamedSeed, 27> kNamedSeeds{{
    {1, "calm", "the codec dropped whether an announced store counts: nobody ever became ready"},
    {1, "swarm", "a second copy of a forwarded put that had been refused was minted"},
    {6, "replays", "the same, after a node's disk was unreadable for a while"},
    {3200, "swarm", "a second copy of a minted put was refused: \"nothing was applied\""},
    {5411, "swarm", "the same, when the row had changed in between"},
    {3225, "swarm", "a refused, rolled back store counted after one more restart: a stale read"},
    {140, "swarm",
     "the simulator's own: a backup was made by a power loss, and cost written writes"},
    {713, "swarm",
     "the simulator's own: what rotted below a cached record was asked to be noticed"},
    {1948, "swarm", "the same"},
    {1795542104200, "swarm",
     "the simulator's own: a disk's error came out with the last repair, and nobody asked again",
     SimEngine::LevelDb},
    {557, "swarm",
     "the simulator's own: an epoch that only a disk knew which was put back was asked of all"},
    {1796048074951, "swarm",
     "a repair by order left replicas different: a delete met its value in the middle of it"},
    {973, "swarm", "a holder full of hints could not pass one on to the target of a move"},
    {10794, "swarm", "the same, with a hint that counted"},
    {10631, "swarm",
     "the simulator's own: reads of a wider row were judged by the N of the founding"},
    {1796060909750, "swarm", "the simulator's own: an epoch of a moment ago was asked of all",
     SimEngine::LevelDb},
    {1796060912286, "swarm",
     "a tree was built past a damaged record, and the next write took from it what it never had"},
    {1796060915386, "swarm",
     "the simulator's own: a read below a majority was judged, of readers who were fenced off"},
    {1796063807229, "swarm", "the same, of one reader and what had been protected"},
    {1796063803013, "swarm",
     "a page of a filling, more than the queue of commits took, was begun again for ever"},
    {290, "swarm",
     "the simulator's own: what a node did at the end of a pause was judged by its row before it"},
    {1796065268256, "swarm", "the same", SimEngine::LevelDb},
    {1796065252440, "swarm",
     "two hints of best effort with one sequence, one of them read late, passed for one",
     SimEngine::LevelDb},
    {7, "swarm", "a joined node summed its trees with a seed that was not its cluster's"},
    {317, "swarm", "a member that counted before it knew of a joined one never told it"},
    {1420, "swarm", "the simulator's own: a write that only a lost disk had was asked for"},
    {1478, "swarm", "the same"},
}};

TEST_CASE("Regression: seeds that once found a mistake find it no more") {
  for (const NamedSeed& named : kNamedSeeds) {
    CAPTURE(named.found);
    const RunOptions options{.seed = named.seed,
                             .scenario = std::string(named.scenario),
                             .recording = Recording::Timeline,
                             .engine = named.engine};
    const RunResult result = run(options);
    if (!result.ok()) FAIL_CHECK(describe_failure(options, result, TimelineLength::Readable));
  }
}

}  // namespace
}  // namespace starling::sim
