#include "sim/mark_board.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>
#include <vector>

namespace starling::sim {
namespace {

// Those that a thousand seeds of the swarm must reach.
constexpr std::array<std::string_view, 129> kListed{
    "boot: a rolled back store was noticed",
    "boot: an old store was set aside",
    "boot: another store was noticed",
    "boot: refused a store",
    "boot: the machine knew of a later start",
    "boot: two witnesses saw that a store is old",
    "chain: a ballot was rejected",
    "chain: a later epoch was adopted",
    "chain: a promise named an accepted value",
    "chain: a proposal was decided",
    "chain: a proposal was superseded",
    "chain: an epoch was skipped",
    "change: decided to abort move",
    "change: decided to admit",
    "change: decided to count in",
    "change: decided to drop",
    "change: decided to fill",
    "change: decided to finish move",
    "change: decided to start grow",
    "change: decided to start move",
    "change: decided to start shrink",
    "change: decided to step back",
    "change: decided to switch",
    "change: decided to vacate",
    "change: proposed to abort move",
    "change: proposed to start move",
    "client: disconnected",
    "client: disk full",
    "client: in doubt",
    "client: overlapping requests of one client",
    "client: overloaded",
    "client: too many siblings",
    "client: unavailable",
    "detector: accused a member",
    "detector: all knew of an end",
    "detector: convicted a dead one",
    "detector: found a member again",
    "detector: others reached a member",
    "detector: refuted an accusation",
    "detector: suspected a member",
    "detector: this node stood still",
    "disk: an error ended a node",
    "fill: a page came twice or late",
    "fill: a page was merged",
    "fill: a source met damage",
    "fill: a source refused",
    "fill: a source was busy",
    "fill: complete",
    "fill: resumed at a cursor",
    "forward: nothing was minted",
    "forward: passed on",
    "hint: brought home",
    "hint: dropped to make room",
    "hint: found at a start",
    "hint: kept as a note",
    "hint: kept as best effort",
    "hint: kept, and counts",
    "hint: passed on to the target of a move",
    "hint: refused for want of room",
    "keys: several pages",
    "leveldb: power lost inside a write",
    "members: a change was staged",
    "members: a plan was committed",
    "members: a plan was stale",
    "members: an order was proposed once more",
    "members: one was let go",
    "members: one was met",
    "members: staged changes were taken back",
    "mend: a record is sound again",
    "network: a connection broke",
    "network: a cut held messages back",
    "network: a message was doubled",
    "network: a message was lost",
    "network: a message was overtaken",
    "network: a message was repeated",
    "node: power lost with unsynced writes",
    "old copy: was removed",
    "operation: began again at a newer row",
    "overload: a peer was crowded",
    "overload: a record was not sent",
    "overload: an old read gave way",
    "overload: operations hold too many bytes",
    "overload: the disk is behind",
    "overload: too many operations",
    "put: minted elsewhere after a local refusal",
    "put: refused a forwarded put",
    "put: the mint was refused",
    "read: deleted",
    "read: protected",
    "read: repaired before the answer",
    "read: siblings",
    "read: unprotected at a majority",
    "repair: a record was merged here",
    "repair: a record was pushed",
    "repair: a run by order ended",
    "repair: an order made replicas equal",
    "repair: an order was refused",
    "repair: an ordered run is over",
    "repair: ordered",
    "repair: replicas agreed",
    "repair: replicas differed after the faults",
    "repair: sums differed once",
    "replica: answered corrupt",
    "replica: corrupt",
    "replica: disk full",
    "replica: not counted",
    "replica: refused",
    "replica: refused another row version",
    "replica: stale row",
    "replica: sync demanded",
    "return: a lost disk's member has a new one",
    "return: a lost disk's member holds all again",
    "return: proposed",
    "return: the new store was named",
    "session: answered",
    "session: refused",
    "slow: a request was logged",
    "store: a commit met a full disk",
    "store: met a damaged place",
    "store: opened again behind a full disk",
    "trace: a connection was lost",
    "trace: a disk was done",
    "trace: a hop",
    "trace: digests differed",
    "trace: fits its answer",
    "trace: somebody was silent",
    "write: a stand-in counted",
    "write: delete acknowledged",
    "write: with a context of an earlier write",
};

}  // namespace

void MarkBoard::reach(std::string_view mark, std::uint64_t times) {
  if (times == 0) return;
  const auto found = times_.find(mark);
  if (found != times_.end()) {
    found->second += times;
  } else {
    times_.emplace(mark, times);
  }
}

void MarkBoard::reach_by_log(std::string_view line) {
  if (line.starts_with(kMarkPrefix)) reach(line.substr(kMarkPrefix.size()));
}

void MarkBoard::join(const MarkBoard& other) {
  for (const auto& [mark, times] : other.times_) reach(mark, times);
}

std::uint64_t MarkBoard::times(std::string_view mark) const {
  const auto found = times_.find(mark);
  return found == times_.end() ? 0 : found->second;
}

std::vector<std::string_view> MarkBoard::missing(std::span<const std::string_view> listed) const {
  std::vector<std::string_view> absent;
  std::copy_if(listed.begin(), listed.end(), std::back_inserter(absent),
               [this](std::string_view mark) { return times(mark) == 0; });
  return absent;
}

std::span<const std::string_view> listed_marks() {
  return kListed;
}

}  // namespace starling::sim
