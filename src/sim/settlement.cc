#include "sim/settlement.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "starling/result.h"

#include "base/ids.h"
#include "base/time.h"
#include "replica/key_layout.h"
#include "ring/configuration.h"
#include "ring/member.h"
#include "ring/ring.h"
#include "sim/patience.h"

namespace starling::sim {
namespace {

constexpr Duration kBetweenLooks = std::chrono::milliseconds(250);

}  // namespace

void Settlement::accuse(const char* checker, std::string text) {
  violations_.push_back({checker, "", std::move(text)});
}

void Settlement::await(const std::function<bool()>& condition, Duration longest) {
  const Instant limit = events_.now() + longest;
  while (!condition() && events_.now() < limit) events_.run_until(events_.now() + kBetweenLooks);
}

bool Settlement::can_be_changed() const {
  const std::optional<Configuration>& newest = cluster_.newest_configuration();
  if (!newest.has_value()) return false;
  const std::vector<Voter>& voters = newest->voters;
  const auto have_theirs = std::ranges::count_if(voters, [this](const Voter& voter) {
    const std::optional<std::uint32_t> node = cluster_.index_of(voter.node);
    return node.has_value() && !cluster_.is_written_off(*node);
  });
  return 2 * static_cast<std::size_t>(have_theirs) > voters.size();
}

void Settlement::await_return() {
  if (!cluster_.first_lost().has_value() || !can_be_changed()) return;
  await([this] { return !cluster_.first_lost().has_value(); }, kReturnMax);
  const std::optional<std::uint32_t> late = cluster_.first_lost();
  if (!late.has_value()) return marks_.reach("return: a lost disk's member holds all again");
  // What was proposed before may have left the votes to the lost disk meanwhile.
  if (!can_be_changed()) return;
  accuse("not-returned", cluster_.member(*late).name() +
                             " lost its disk, and is not filled again long after all was healed");
}

void Settlement::await_fills() {
  await([this] { return !cluster_.first_unfilled().has_value(); }, kFillsMax);
  const std::optional<std::uint32_t> node = cluster_.first_unfilled();
  if (!node.has_value()) return;
  accuse("not-filled",
         cluster_.member(*node).name() + " still waits to be filled long after all was healed");
}

bool Settlement::hints_are_home() const {
  for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
    const bool holds_any = !monitors_.hints().waiting_at(node).empty();
    if (holds_any && !cluster_.is_written_off(node)) return false;
  }
  return true;
}

void Settlement::await_hints() {
  await([this] { return hints_are_home(); }, kHintsMax);
  for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
    if (cluster_.is_written_off(node)) continue;
    for (const std::uint32_t home : monitors_.hints().waiting_at(node)) {
      accuse("hints-undrained", cluster_.member(node).name() + " keeps hints for " +
                                    cluster_.member(home).name() + " long after all was healed");
    }
  }
}

void Settlement::await_departures(Records records) {
  await([this] { return !cluster_.first_on_its_way_out().has_value(); }, kDeparturesMax);
  for (std::uint32_t node = 0; node < cluster_.size(); ++node)
    if (cluster_.has_left(node)) marks_.reach("members: one was let go");
  const std::optional<std::uint32_t> late = cluster_.first_on_its_way_out();
  // What only a disk has that is lost for good never comes.
  const bool is_lost = records == Records::Rotted || cluster_.first_lost().has_value();
  if (!late.has_value() || is_lost || cluster_.has_idle_streams()) return;
  accuse("not-gone", cluster_.member(*late).name() + " was to go, and is still a member");
}

std::optional<std::uint32_t> Settlement::first_with_old_copy() const {
  const Ring& ring = cluster_.newest_ring();
  for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
    const NodeId id = cluster_.member(node).id();
    const RingMember* const of_ring = ring.member(id);
    if (cluster_.is_written_off(node) || of_ring == nullptr || of_ring->weight == 0) continue;
    for (const auto& [key, value] : cluster_.member(node).disk().visible()) {
      const Result<RecordKey> record = parse_record_store_key(key);
      const bool is_old =
          record.ok() && ring.is_settled(record->partition) && !ring.owns(id, record->partition);
      if (is_old) return node;
    }
  }
  return std::nullopt;
}

void Settlement::await_removals() {
  await([this] { return !first_with_old_copy().has_value(); }, kRemovalsMax);
  const std::optional<std::uint32_t> late = first_with_old_copy();
  if (!late.has_value()) return;
  accuse("old-copy", cluster_.member(*late).name() +
                         " has records of a partition that it stores no more, long after all was "
                         "healed");
}

}  // namespace starling::sim
