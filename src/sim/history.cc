#include "sim/history.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "ring/configuration.h"
#include "ring/ring.h"
#include "ring/row_demand.h"
#include "ring/slot.h"

namespace starling::sim {
namespace {

// A history names all writes since the beginning; the newest of them tell where it stands.
constexpr std::size_t kNamesShown = 6;

std::string write_names(const std::vector<std::uint32_t>& writes) {
  if (writes.empty()) return "nothing";
  const std::size_t first = writes.size() > kNamesShown ? writes.size() - kNamesShown : 0;
  std::string text = first > 0 ? "...," : "";
  for (std::size_t i = first; i < writes.size(); ++i) {
    text += (i > first ? "," : "") + ("w" + std::to_string(writes.at(i)));
  }
  return text;
}

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::Pending:
      return "pending";
    case Outcome::Acknowledged:
      return "ok";
    case Outcome::NotApplied:
      return "not applied";
    case Outcome::InDoubt:
      return "in doubt";
    case Outcome::Disconnected:
      return "disconnected";
  }
  return "?";
}

// Whether `row`, which follows that of the record, lacks a node that does not know yet of the last
// version that it stood in.
bool leaves_behind(const KeyRecord& record, const SlotRow& row, const History::AdoptedBy& adopted) {
  for (const Slot& slot : record.row) {
    for (const NodeId node : write_nodes(slot)) {
      if (!is_in_row(row, node) && adopted(node).value < record.row_version.value) return true;
    }
  }
  return false;
}

}  // namespace

std::string describe_request(const Operation& operation) {
  std::string number = "#" + std::to_string(operation.number) + " ";
  const std::string level = " needs " + std::to_string(operation.required);
  const std::string context = operation.context.text.empty()
                                  ? " blind"
                                  : " knowing " + write_names(operation.context.seen.members());
  switch (operation.kind) {
    case OperationKind::Put:
      return number + "put w" + std::to_string(operation.write) + level + context;
    case OperationKind::Delete:
      return number + "delete w" + std::to_string(operation.write) + level + context;
    case OperationKind::Get:
      return number + "get" + level + (operation.context.text.empty() ? "" : context);
    case OperationKind::Keys:
      return number + "keys" + level;
  }
  return number;
}

std::string describe_answer(const Operation& operation) {
  std::string text = "#" + std::to_string(operation.number) + " ";
  text += outcome_name(operation.outcome);
  if (!operation.status.ok()) text += ": " + operation.status.to_string();
  if (operation.kind == OperationKind::Get && operation.succeeded()) {
    text += ": " + write_names(operation.returned);
    if (operation.protected_read) text += ", protected";
  }
  return text;
}

void History::note_width(std::uint32_t key, std::uint32_t slots, Instant now) {
  if (slots > replicas_until(key, now)) keys.at(key).widths.push_back({now, slots});
}

void History::note_rows(const Configuration& configuration, const Ring& ring,
                        const AdoptedBy& adopted, Instant now) {
  for (std::uint32_t key = 0; key < keys.size(); ++key) {
    const KeyAddress& address = keys[key].address;
    const PartitionId partition = ring.partition_of(ring.token_of(address.bucket, address.key));
    const SlotRow& row = configuration.rows.at(partition.value);
    const RowVersion version = configuration.row_versions.at(partition.value);
    note_width(key, slots_for_reads(row), now);
    KeyRecord& record = keys[key];
    if (version <= record.row_version) continue;
    if (leaves_behind(record, row, adopted) && !record.left_behind.has_value())
      record.left_behind = now;
    record.row = row;
    record.row_version = version;
  }
}

std::uint32_t History::replicas_until(std::uint32_t key, Instant until) const {
  std::uint32_t widest = replicas;
  for (const RowWidth& width : keys.at(key).widths) {
    if (width.since <= until) widest = width.slots;
  }
  return widest;
}

bool History::promises_freshness(std::uint32_t key, std::uint32_t required, Instant until) const {
  const std::optional<Instant>& left_behind = keys.at(key).left_behind;
  const bool is_majority = 2 * required > replicas_until(key, until);
  return is_majority || !left_behind.has_value() || until < *left_behind;
}

}  // namespace starling::sim
