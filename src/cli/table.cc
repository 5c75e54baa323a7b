#include "cli/table.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ratio>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <fmt/format.h>

#include "starling/admin.h"
#include "starling/read_result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/quantity.h"
#include "base/time.h"
#include "bench/latency_histogram.h"
#include "bench/load.h"
#include "bench/load_counts.h"
#include "bench/workload.h"

namespace starling::cli {
namespace {

using Row = std::vector<std::string>;

std::string words_of(const DamageStatus& damage) {
  if (damage.met == 0) return "none met";
  return fmt::format("{} met, {} mended, {} waiting, {} that no other replica can supply",
                     damage.met, damage.mended, damage.waiting, damage.unsupplied);
}

// Columns as wide as their widest cell; the first row is the heading.
std::string aligned(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], row[column].size());
    }
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column) {
      line += fmt::format("{:<{}}  ", row[column], widths[column]);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, " "));
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : printable(text);
}

std::string sibling_text(const SiblingValue& sibling) {
  const std::string when = to_iso8601(WallTime{sibling.modified.time_since_epoch().count()});
  const bool is_text = is_utf8(sibling.value);
  return fmt::format(
      "  {}  {}  {}  dot {}\n  {}{}\n", when, format_size(sibling.value.size()),
      or_dash(sibling.content_type), printable(sibling.dot),
      is_text ? "" : "base64:", is_text ? printable(sibling.value) : to_base64(sibling.value));
}

constexpr std::string_view kAgree = "agree";

std::string_view agreement_of(const PartitionDigestTable& partition) {
  for (const ReplicaDigestText& replica : partition.replicas) {
    if (!replica.digest.has_value()) return "unknown";
    if (replica.digest != partition.replicas.front().digest) return "differ";
  }
  return kAgree;
}

std::string microseconds(Duration duration) {
  return fmt::format("{:.0f}", std::chrono::duration<double, std::micro>(duration).count());
}

Row row_of(std::string_view name, const bench::OperationCounts& counts, double seconds) {
  const bench::LatencyHistogram& latencies = counts.latencies;
  const double throughput = seconds > 0 ? static_cast<double>(latencies.count()) / seconds : 0;
  return {std::string(name),
          std::to_string(latencies.count()),
          std::to_string(counts.errors),
          fmt::format("{:.0f}", throughput),
          microseconds(latencies.quantile(0.5)),
          microseconds(latencies.quantile(0.95)),
          microseconds(latencies.quantile(0.99)),
          microseconds(latencies.quantile(0.999)),
          microseconds(latencies.max())};
}

std::string notes_of(const bench::LoadReport& report) {
  std::string notes;
  if (report.not_begun > 0) {
    notes += fmt::format("! slower than the rate asked for: {} operations were never begun\n",
                         report.not_begun);
  }
  if (report.counts.siblings > 0) {
    notes += fmt::format("! {} writes left several values\n", report.counts.siblings);
  }
  if (report.counts.context_reads > 0) {
    notes += fmt::format("! {} puts read first, since their context was not known\n",
                         report.counts.context_reads);
  }
  return notes;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    const bool commands = (code < 0x20 && byte != '\n' && byte != '\t') || code == 0x7f;
    if (commands) {
      shown += fmt::format("\\x{:02x}", code);
    } else {
      shown += byte;
    }
  }
  return shown;
}

std::string table_of(const std::string& name, const ReadResult& read) {
  std::string text = fmt::format("{}: {}\n", name,
                                 read.siblings.size() == 1
                                     ? "1 value"
                                     : fmt::format("{} concurrent values", read.siblings.size()));
  for (const SiblingValue& sibling : read.siblings) text += sibling_text(sibling);
  text += fmt::format("level {}, {} of {} needed replies{}\n", read.level.to_text(),
                      read.replies.received, read.replies.required,
                      read.repaired > 0 ? fmt::format(", {} repaired", read.repaired) : "");
  return text + fmt::format("context {}\n", read.context);
}

std::string table_of(const std::string& name, const WriteResult& written) {
  return fmt::format("{}: done at level {}, {} of {} needed replies, {} live {}\ncontext {}\n",
                     name, written.level.to_text(), written.replies.received,
                     written.replies.required, written.siblings,
                     written.siblings == 1 ? "value" : "values", or_dash(written.context));
}

// Two digits or so are enough to tell what is new: "7 s", "12 min", "5 h", "3 d".
std::string age_words(std::uint64_t seconds) {
  constexpr std::uint64_t kMinute = 60;
  constexpr std::uint64_t kHour = 60 * kMinute;
  constexpr std::uint64_t kDay = 24 * kHour;
  if (seconds < 2 * kMinute) return fmt::format("{} s", seconds);
  if (seconds < 2 * kHour) return fmt::format("{} min", seconds / kMinute);
  return seconds < 2 * kDay ? fmt::format("{} h", seconds / kHour)
                            : fmt::format("{} d", seconds / kDay);
}

std::string table_of(const ClusterStatus& status) {
  std::vector<Row> rows{
      {"MEMBER", "STATE", "SINCE", "ADDRESS", "HTTP", "ZONE", "PARTITIONS", "HINTS", "ID"}};
  for (const MemberStatus& member : status.members) {
    rows.push_back({printable(member.name), member.state, age_words(member.state_seconds),
                    member.address, or_dash(member.http), or_dash(member.zone),
                    std::to_string(member.partitions), std::to_string(member.hints_pending),
                    member.id});
  }
  std::string text =
      fmt::format("cluster {}, epoch {}, {} partitions, {} copies of each key{}\n",
                  printable(status.cluster), status.epoch, status.partitions, status.replicas,
                  status.replicas == status.replicas_configured
                      ? ""
                      : fmt::format(" ({} configured)", status.replicas_configured));
  text += aligned(rows);
  text += fmt::format("can lose {} more without losing availability, {} without losing data\n",
                      status.can_lose_availability, status.can_lose_durability);
  for (const std::string& message : status.messages) text += "! " + printable(message) + "\n";
  return text;
}

std::string table_of(const RingTable& ring) {
  std::vector<Row> rows{{"PARTITION", "OWNERS"}};
  for (const PartitionOwnership& row : ring.partitions) {
    rows.push_back({std::to_string(row.partition), joined(row.owners)});
  }
  return fmt::format("epoch {}\n", ring.epoch) + aligned(rows);
}

std::string table_of(const PartitionOwnership& ownership) {
  return fmt::format("partition {}\nowners    {}\nfallbacks {}\n", ownership.partition,
                     joined(ownership.owners),
                     ownership.fallbacks.empty() ? "-" : joined(ownership.fallbacks));
}

// People look for what differs among a thousand partitions; the JSON form has them all.
std::string table_of(const DigestTable& digest) {
  if (digest.agree) {
    return "all replicas agree on all " + std::to_string(digest.partitions.size()) +
           " partitions\n";
  }
  std::vector<Row> rows{{"PARTITION", "STATE", "DIGESTS"}};
  for (const PartitionDigestTable& partition : digest.partitions) {
    const std::string_view state = agreement_of(partition);
    if (state == kAgree) continue;
    std::string digests;
    for (const ReplicaDigestText& replica : partition.replicas) {
      digests += replica.member + "=" + replica.digest.value_or("no-answer") + " ";
    }
    rows.push_back({std::to_string(partition.partition), std::string(state), digests});
  }
  return aligned(rows) + "replicas do not all agree\n";
}

std::string table_of(const TaskList& list) {
  std::string text = "nothing is left to do\n";
  if (!list.unanswered.empty()) text = "no member that answered has anything to do\n";
  if (!list.tasks.empty()) {
    std::vector<Row> rows{{"KIND", "SUBJECT", "DONE", "TOTAL", "UNIT", "SECONDS LEFT"}};
    for (const TaskStatus& task : list.tasks) {
      rows.push_back({task.kind, printable(task.subject), std::to_string(task.done),
                      std::to_string(task.total), task.unit,
                      task.eta_seconds.has_value() ? std::to_string(*task.eta_seconds) : "-"});
    }
    text = aligned(rows);
  }
  for (const std::string& member : list.unanswered) {
    text += "! " + printable(member) + " did not say what it has to do: there may be more\n";
  }
  return text;
}

std::string table_of(const RepairRun& run, const RepairReport& report) {
  std::string text = fmt::format("compared {} of {} pairs of replicas in {} partitions\n",
                                 report.compared, report.pairs, report.partitions);
  text += fmt::format("{} keys differed, {} records were written, {} bytes were sent\n",
                      report.keys_differing, report.records_written, report.bytes);
  if (run.dry_run) text += "nothing was changed\n";
  if (report.failed > 0) {
    text += fmt::format("! {} pairs could not be compared: see the members' logs, and try again\n",
                        report.failed);
  }
  for (const std::string& member : report.absent) {
    text +=
        "! " + printable(member) + " is down or does not count: what it holds was not compared\n";
  }
  for (const std::string& member : report.unanswered) {
    text += "! " + printable(member) + " did not say how far it is\n";
  }
  return text;
}

std::string table_of(const ChangeReport& report) {
  std::string text;
  if (report.plan.empty()) text = "nothing is staged\n";
  for (const std::string& change : report.changes) {
    text += "staged: " + printable(change) + "\n";
  }
  if (!report.plan.empty()) {
    text += fmt::format(
        "plan {}: {} copies of partitions move, {} at least; {}\n", report.plan, report.moves,
        report.moves_least,
        report.bytes.has_value() ? format_size(*report.bytes) : "how many bytes is not known");
    std::vector<Row> rows{{"MEMBER", "SLOTS BEFORE", "AFTER"}};
    for (const MemberSlots& member : report.slots) {
      rows.push_back(
          {printable(member.name), std::to_string(member.before), std::to_string(member.after)});
    }
    text += aligned(rows);
  }
  for (const std::string& line : report.under_way) text += "under way: " + printable(line) + "\n";
  for (const std::string& warning : report.warnings) text += "! " + printable(warning) + "\n";
  return text;
}

std::string table_of(const NodeStatus& node) {
  const std::vector<Row> rows{
      {"name", printable(node.name)},
      {"id", node.id},
      {"cluster", printable(node.cluster)},
      {"version", node.version},
      {"address", node.address},
      {"http", or_dash(node.http)},
      {"data directory", printable(node.data_dir)},
      {"store id", node.store_id},
      {"incarnation", node.incarnation},
      {"durability", node.durability},
      {"boot sequence", std::to_string(node.boot_sequence)},
      {"ready", node.ready ? "yes" : "no: " + node.not_ready_because},
      {"disk", node.disk},
      {"uptime", fmt::format("{:.1f} s", static_cast<double>(node.uptime_ms) / 1000)},
      {"processor time", fmt::format("{:.1f} s", static_cast<double>(node.cpu_us) / 1e6)},
      {"partitions", std::to_string(node.partitions)},
      {"damage", words_of(node.damage)}};
  return aligned(rows);
}

std::string table_of(const bench::LoadReport& report) {
  std::vector<Row> rows{
      {"OPERATION", "OPS", "ERRORS", "OPS/S", "P50 us", "P95 us", "P99 us", "P99.9 us", "MAX us"}};
  std::string errors;
  for (std::size_t kind = 0; kind < bench::kOperationKinds; ++kind) {
    const bench::OperationCounts& counts = report.counts.kinds.at(kind);
    if (counts.latencies.count() + counts.errors == 0) continue;
    const auto name = bench::operation_name(static_cast<bench::OperationKind>(kind));
    rows.push_back(row_of(name, counts, report.seconds));
    for (const auto& [code, count] : counts.errors_by_code) {
      errors += fmt::format("! {}: {} ended with {}\n", name, count, status_code_name(code));
    }
  }
  std::string text =
      fmt::format("workload {}, {} clients with {} request{} each, {:.1f} s\n", report.workload,
                  report.clients, report.pipeline, report.pipeline == 1 ? "" : "s", report.seconds);
  text += aligned(rows);
  text += report.server_cpu_us_per_operation.has_value()
              ? fmt::format("processor time of all nodes: {:.1f} us an operation\n",
                            *report.server_cpu_us_per_operation)
              : "processor time of all nodes: unknown, one could not be asked or was restarted\n";
  text += errors;
  text += notes_of(report);
  return text;
}

}  // namespace starling::cli
