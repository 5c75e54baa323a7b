#include "sim/fill_monitor.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/ids.h"
#include "handoff/fill_stream.h"
#include "replica/key_layout.h"
#include "ring/configuration.h"
#include "sim/member_view.h"
#include "version/vector_clock.h"

namespace starling::sim {
namespace {

std::optional<std::uint32_t> node_of(const MemberView& cluster, NodeId id) {
  for (std::uint32_t node = 0; node < cluster.size(); ++node) {
    if (cluster.member(node).id() == id) return node;
  }
  return std::nullopt;
}

}  // namespace

void FillMonitor::on_adopted(std::uint32_t node, const Configuration& configuration) {
  const auto [held, is_first] = held_[node].try_emplace(configuration.epoch);
  if (!is_first) return;
  for (std::uint32_t key = 0; key < keys_.size(); ++key) {
    held->second.emplace(key, records_.clock(node, key));
  }
}

void FillMonitor::on_cursor(std::uint32_t node, const FillProgress& progress,
                            const Clocks& newest) {
  const std::optional<std::uint32_t> source = node_of(cluster_, progress.source);
  if (!source.has_value() || cluster_.is_written_off(*source) || cluster_.is_written_off(node)) {
    return;
  }
  const std::map<Epoch, Clocks>& epochs = held_[*source];
  const auto held = epochs.lower_bound(progress.epoch);
  const std::string what = cluster_.member(node).name() + " says that it holds all of partition " +
                           std::to_string(progress.partition.value) + " that " +
                           cluster_.member(*source).name() + " held at epoch " +
                           std::to_string(progress.epoch.value);
  if (held == epochs.end()) {
    violations_.push_back({"filled-early", "", what + ", which that one has not adopted yet"});
    return;
  }
  for (std::uint32_t key = 0; key < keys_.size(); ++key) {
    const RecordKey& place = keys_.at(key);
    const bool passed =
        progress.complete || (progress.through.has_value() && place.token <= *progress.through);
    if (place.partition != progress.partition || !passed) continue;
    const VectorClock& then = held->second.at(key);
    // What the source itself lost since, as documented or by rot, it could not send.
    if (!records_.clock(*source, key).covers(then) || records_.is_rotten(node, key)) continue;
    const auto written = newest.find(key);
    const bool has = records_.clock(node, key).covers(then) ||
                     (written != newest.end() && written->second.covers(then));
    if (!has) {
      violations_.push_back({"filled-short", place.address.key, what + ", and lacks some of it"});
    }
  }
}

}  // namespace starling::sim
