#include "cli/json.h"

#include <chrono>
#include <cstddef>
#include <ratio>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>

#include "starling/admin.h"
#include "starling/read_result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/time.h"
#include "bench/latency_histogram.h"
#include "bench/load.h"
#include "bench/load_counts.h"
#include "bench/workload.h"
#include "cli/command.h"
#include "cli/output.h"

namespace starling::cli {
namespace {

// Keeps the order in which the keys are given.
using Json = nlohmann::ordered_json;

// Names and messages are text; should one not be, a mark stands for what is not.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void add_bytes(Json& json, const std::string& name, const std::string& bytes) {
  if (is_utf8(bytes)) {
    json[name] = bytes;
  } else {
    json[name + "_base64"] = to_base64(bytes);
  }
}

Json of_address(const Address& address) {
  Json json{{"bucket", address.bucket}};
  add_bytes(json, "key", address.key);
  return json;
}

Json of_sibling(const SiblingValue& sibling) {
  Json json = Json::object();
  if (is_utf8(sibling.value)) json["value"] = sibling.value;
  json["value_base64"] = to_base64(sibling.value);
  json["content_type"] = sibling.content_type;
  json["modified"] = to_iso8601(WallTime{sibling.modified.time_since_epoch().count()});
  json["dot"] = sibling.dot;
  return json;
}

Json of_member(const MemberStatus& member) {
  return {{"name", member.name},
          {"id", member.id},
          {"address", member.address},
          {"http", member.http},
          {"zone", member.zone},
          {"state", member.state},
          {"partitions", member.partitions},
          {"hints_pending", member.hints_pending}};
}

Json of_error(const Status& status) {
  Json error = {
      {"code", status_code_name(status.code())}, {"message", status.message()},
      {"in_doubt", status.in_doubt()},           {"required", status.required()},
      {"received", status.received()},           {"retryable", is_retryable(status.code())}};
  // Only where there is advice: a zero would read as "at once".
  if (status.retry_after().count() > 0) error["retry_after_ms"] = status.retry_after().count();
  return error;
}

Json of_digests(const PartitionDigestTable& partition) {
  Json digests = Json::object();
  for (const ReplicaDigestText& replica : partition.replicas) {
    digests[replica.member] = replica.digest.has_value() ? Json(*replica.digest) : Json(nullptr);
  }
  return {{"partition", partition.partition}, {"digests", std::move(digests)}};
}

double microseconds_of(Duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

Json of_operation(const bench::OperationCounts& counts, double seconds) {
  const bench::LatencyHistogram& latencies = counts.latencies;
  Json json{{"ops", latencies.count()},
            {"errors", counts.errors},
            {"throughput", seconds > 0 ? static_cast<double>(latencies.count()) / seconds : 0.0},
            {"p50", microseconds_of(latencies.quantile(0.5))},
            {"p95", microseconds_of(latencies.quantile(0.95))},
            {"p99", microseconds_of(latencies.quantile(0.99))},
            {"p999", microseconds_of(latencies.quantile(0.999))},
            {"max", microseconds_of(latencies.max())}};
  if (counts.errors == 0) return json;
  for (const auto& [code, count] : counts.errors_by_code) {
    json["error_codes"][std::string(status_code_name(code))] = count;
  }
  return json;
}

}  // namespace

std::string json_of(const Status& status) {
  return text_of(Json{{"error", of_error(status)}});
}

std::string json_of(const Address& address, const ReadResult& read) {
  Json json = of_address(address);
  json["found"] = read.found();
  if (!read.context.empty()) json["context"] = read.context;
  json["siblings"] = Json::array();
  for (const SiblingValue& sibling : read.siblings) json["siblings"].push_back(of_sibling(sibling));
  json["level"] = read.level.to_text();
  json["replies"] = {{"required", read.replies.required},
                     {"received", read.replies.received},
                     {"primaries", read.replies.primaries}};
  json["repaired"] = read.repaired;
  json["protected"] = read.protected_read;
  return text_of(json);
}

std::string json_of(const Address& address, const WriteResult& written) {
  Json json = of_address(address);
  json["context"] = written.context;
  json["siblings"] = written.siblings;
  json["level"] = written.level.to_text();
  json["replies"] = {{"required", written.replies.required},
                     {"received", written.replies.received}};
  return text_of(json);
}

std::string json_of(const ClusterStatus& status) {
  Json json{{"cluster", status.cluster},
            {"epoch", status.epoch},
            {"partitions", status.partitions},
            {"replicas", status.replicas},
            {"replicas_configured", status.replicas_configured},
            {"members", Json::array()},
            {"can_lose",
             {{"availability", status.can_lose_availability},
              {"durability", status.can_lose_durability}}},
            {"messages", status.messages}};
  for (const MemberStatus& member : status.members) json["members"].push_back(of_member(member));
  return text_of(json);
}

std::string json_of(const RingTable& ring) {
  Json json{{"epoch", ring.epoch}, {"partitions", Json::array()}};
  for (const PartitionOwnership& row : ring.partitions) {
    json["partitions"].push_back({{"partition", row.partition}, {"owners", row.owners}});
  }
  return text_of(json);
}

std::string json_of(const PartitionOwnership& ownership) {
  return text_of(Json{{"partition", ownership.partition},
                      {"owners", ownership.owners},
                      {"fallbacks", ownership.fallbacks}});
}

std::string json_of(const DigestTable& digest) {
  Json json{{"partitions", Json::array()}, {"agree", digest.agree}};
  for (const PartitionDigestTable& partition : digest.partitions) {
    json["partitions"].push_back(of_digests(partition));
  }
  return text_of(json);
}

std::string json_of(const TaskList& list) {
  Json json{{"tasks", Json::array()}, {"unanswered", list.unanswered}};
  for (const TaskStatus& task : list.tasks) {
    json["tasks"].push_back(
        {{"id", task.id},
         {"kind", task.kind},
         {"subject", task.subject},
         {"done", task.done},
         {"total", task.total},
         {"unit", task.unit},
         {"eta_seconds", task.eta_seconds.has_value() ? Json(*task.eta_seconds) : Json(nullptr)}});
  }
  return text_of(json);
}

std::string json_of(const NodeStatus& node) {
  return text_of(Json{{"name", node.name},
                      {"id", node.id},
                      {"cluster", node.cluster},
                      {"version", node.version},
                      {"address", node.address},
                      {"http", node.http},
                      {"data_dir", node.data_dir},
                      {"store_id", node.store_id},
                      {"incarnation", node.incarnation},
                      {"durability", node.durability},
                      {"boot_sequence", node.boot_sequence},
                      {"ready", node.ready},
                      {"not_ready_because", node.not_ready_because},
                      {"disk", node.disk},
                      {"uptime_ms", node.uptime_ms},
                      {"cpu_us", node.cpu_us},
                      {"partitions", node.partitions},
                      {"damage",
                       {{"met", node.damage.met},
                        {"mended", node.damage.mended},
                        {"waiting", node.damage.waiting},
                        {"unsupplied", node.damage.unsupplied}}}});
}

std::string json_of(const TransferReport& report) {
  Json json{{"bucket", report.bucket},
            {report.verb, report.done},
            {"failed", report.failed},
            {"failures", Json::array()}};
  for (const TransferFailure& failure : report.failures) {
    Json entry{{"subject", failure.subject}};
    entry.update(of_error(failure.status));
    json["failures"].push_back(std::move(entry));
  }
  if (!report.stopped.ok()) json["error"] = of_error(report.stopped);
  return text_of(json);
}

std::string json_of(const bench::LoadReport& report) {
  Json json{{"workload", report.workload},
            {"clients", report.clients},
            {"pipeline", report.pipeline},
            {"seconds", report.seconds},
            {"operations", Json::object()}};
  for (std::size_t kind = 0; kind < bench::kOperationKinds; ++kind) {
    const bench::OperationCounts& counts = report.counts.kinds.at(kind);
    if (counts.latencies.count() + counts.errors == 0) continue;
    const auto name = bench::operation_name(static_cast<bench::OperationKind>(kind));
    json["operations"][std::string(name)] = of_operation(counts, report.seconds);
  }
  const auto& cpu = report.server_cpu_us_per_operation;
  json["server_cpu_us_per_op"] = cpu.has_value() ? Json(*cpu) : Json(nullptr);
  json["siblings"] = report.counts.siblings;
  json["context_reads"] = report.counts.context_reads;
  json["not_begun"] = report.not_begun;
  if (!report.stopped.ok()) json["error"] = of_error(report.stopped);
  return text_of(json);
}

std::string json_of_key(const std::string& key) {
  if (is_utf8(key)) return text_of(Json(key));
  return text_of(Json{{"key_base64", to_base64(key)}});
}

}  // namespace starling::cli
