#include "sim/hint_monitor.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "starling/result.h"

#include "base/ids.h"
#include "env/storage_engine.h"
#include "handoff/hint.h"
#include "handoff/hint_home.h"
#include "handoff/hint_ledger.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "ring/ring.h"
#include "sim/member_view.h"
#include "sim/sim_disk.h"
#include "sim/witness.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling::sim {
namespace {

struct StoredHint {
  HintKey key;
  Hint hint;
};

// Nothing: the entry is no hint, or not a sound one.
std::optional<StoredHint> hint_in(const std::string& store_key, const std::string& bytes) {
  const Result<HintKey> key = parse_hint_store_key(store_key);
  if (!key.ok()) return std::nullopt;
  Result<Hint> hint = decode_hint(store_key, bytes);
  if (!hint.ok()) return std::nullopt;
  return StoredHint{*key, std::move(*hint)};
}

}  // namespace

HintMonitor::HintMonitor(const MemberView& cluster, Records records, std::uint64_t hint_bytes_max)
    : cluster_(cluster), records_(std::move(records)), hint_bytes_max_(hint_bytes_max) {}

void HintMonitor::on_peer_message(std::uint32_t node, std::uint32_t from,
                                  const PeerMessage& message) {
  if (const auto* const write = std::get_if<HintWrite>(&message)) {
    kept_[{node, from, write->envelope.operation}].push_back(
        {{write->envelope.partition, write->slot}, write->address, write->versions.clock()});
  } else if (const auto* const handoff = std::get_if<HintHandoff>(&message)) {
    brought_[{node, from, handoff->envelope.operation}].push_back(
        {{handoff->envelope.partition, handoff->slot},
         handoff->address,
         handoff->versions.clock()});
  }
}

void HintMonitor::on_peer_send(std::uint32_t from, std::uint32_t to, const PeerMessage& message) {
  if (const auto* const kept = std::get_if<HintWriteReply>(&message)) {
    if (kept->outcome != ReplicaOutcome::Done) return;
    for (const Asked& asked : kept_[{from, to, kept->operation}]) {
      if (asked.slot.slot == kept->slot) check_kept(from, asked, kept->synced);
    }
  } else if (const auto* const brought = std::get_if<HintHandoffReply>(&message)) {
    if (brought->outcome != HintOutcome::Stored) return;
    for (const Asked& asked : brought_[{from, to, brought->operation}]) {
      check_brought(from, asked);
      taken_[to].push_back(asked);
    }
  }
}

void HintMonitor::check_kept(std::uint32_t holder, const Asked& asked, bool synced) {
  const bool durable = synced || cluster_.member(holder).is_sync();
  if (holds(holder, asked.address, asked.clock, durable)) return;
  if (is_home(asked.slot, asked.address, asked.clock)) return;  // it was quick
  accuse("hint-ack-before-durable", asked.address,
         cluster_.member(holder).name() + " acknowledged a hint that its disk could lose");
}

void HintMonitor::check_brought(std::uint32_t home, const Asked& asked) {
  if (records_.covers(home, asked.address, asked.clock, true)) return;
  if (is_home(asked.slot, asked.address, asked.clock)) return;
  accuse("hint-ack-before-durable", asked.address,
         cluster_.member(home).name() + " said of a hint that it has it on disk, and has not");
}

void HintMonitor::on_batch(std::uint32_t node, const std::vector<StorageWrite>& batch) {
  const auto is_hint = [](const StorageWrite& write) {
    return parse_hint_store_key(write.key).ok();
  };
  const bool adds = std::any_of(batch.begin(), batch.end(), [&](const StorageWrite& write) {
    return write.value.has_value() && is_hint(write);
  });
  if (adds) check_room(node);
  for (const StorageWrite& write : batch) {
    if (!write.value.has_value() && is_hint(write)) check_erasure(node, write.key);
  }
}

void HintMonitor::check_erasure(std::uint32_t node, const std::string& store_key) {
  const SimDisk::Image& disk = cluster_.member(node).disk().visible();
  const auto found = disk.find(store_key);
  if (found == disk.end()) return;  // it was erased before, and lost no second time
  const std::optional<StoredHint> stored = hint_in(store_key, found->second);
  if (!stored.has_value() || stored->hint.standing != HintStanding::Counted) return;
  const VectorClock& clock = stored->hint.versions.clock();
  if (is_home(slot_of(stored->key), stored->hint.address, clock)) return;
  const std::vector<Asked>& taken = taken_[node];
  const bool was_taken = std::any_of(taken.begin(), taken.end(), [&](const Asked& asked) {
    return asked.slot == slot_of(stored->key) && asked.address == stored->hint.address &&
           asked.clock.covers(clock);
  });
  if (was_taken) return;
  accuse("hint-lost", stored->hint.address,
         cluster_.member(node).name() + " deleted a hint that counted, and its home lacks " +
             to_text(clock));
}

void HintMonitor::check_room(std::uint32_t node) {
  std::uint64_t bytes = 0;
  for (const auto& [key, value] : cluster_.member(node).disk().visible()) {
    if (parse_hint_store_key(key).ok()) bytes += key.size() + value.size();
  }
  if (bytes <= hint_bytes_max_) return;
  accuse("hints-over-bound", {},
         cluster_.member(node).name() + " keeps " + std::to_string(bytes) + " bytes of hints, of " +
             std::to_string(hint_bytes_max_));
}

bool HintMonitor::holds(std::uint32_t node, const KeyAddress& address, const VectorClock& clock,
                        bool durable) const {
  const SimDisk& disk = cluster_.member(node).disk();
  return std::any_of(disk.visible().begin(), disk.visible().end(), [&](const auto& entry) {
    const std::optional<StoredHint> stored = hint_in(entry.first, entry.second);
    return stored.has_value() && stored->hint.address == address &&
           stored->hint.versions.clock().covers(clock) &&
           (!durable || disk.durable(entry.first).has_value());
  });
}

std::optional<std::uint32_t> HintMonitor::home_of(const HintSlot& slot) const {
  const Ring* newest = cluster_.member(0).ring();
  for (std::uint32_t node = 1; node < cluster_.size(); ++node) {
    const Ring* const ring = cluster_.member(node).ring();
    if (newest->epoch() < ring->epoch()) newest = ring;
  }
  if (slot.partition.value >= newest->partitions()) return std::nullopt;
  const std::optional<NodeId> home = home_of_place(newest->slots(slot.partition), slot.slot);
  for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
    if (home == cluster_.member(node).id()) return node;
  }
  return std::nullopt;
}

bool HintMonitor::is_home(const HintSlot& slot, const KeyAddress& address,
                          const VectorClock& clock) const {
  const std::optional<std::uint32_t> home = home_of(slot);
  if (!home.has_value()) return false;
  return cluster_.is_written_off(*home) || records_.is_rotten(*home, address) ||
         records_.covers(*home, address, clock, true);
}

std::set<std::uint32_t> HintMonitor::waiting_at(std::uint32_t node) const {
  std::set<std::uint32_t> homes;
  for (const auto& [key, value] : cluster_.member(node).disk().visible()) {
    const std::optional<StoredHint> stored = hint_in(key, value);
    if (!stored.has_value()) continue;
    const std::optional<std::uint32_t> home = home_of(slot_of(stored->key));
    if (!home.has_value() || cluster_.is_written_off(*home)) continue;
    const bool is_mute =
        records_.is_rotten(*home, stored->hint.address) ||
        (stored->hint.kind == HintKind::Note && records_.is_rotten(node, stored->hint.address));
    if (!is_mute) homes.insert(*home);
  }
  return homes;
}

void HintMonitor::accuse(const char* checker, const KeyAddress& address, std::string text) {
  violations_.push_back({checker, address.key, std::move(text)});
}

}  // namespace starling::sim
