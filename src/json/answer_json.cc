#include "json/answer_json.h"

#include <chrono>
#include <ratio>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>

#include "starling/admin.h"
#include "starling/client.h"
#include "starling/read_result.h"
#include "starling/status.h"
#include "starling/trace.h"

#include "base/bytes.h"
#include "base/time.h"

namespace starling {
namespace {

// Keeps the order in which the keys are given.
using Json = nlohmann::ordered_json;

void add_bytes(Json& json, const std::string& name, std::string_view bytes) {
  if (is_utf8(bytes)) {
    json[name] = bytes;
  } else {
    json[name + "_base64"] = to_base64(bytes);
  }
}

Json of_address(const KeyRef& address) {
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
          {"state_seconds", member.state_seconds},
          {"partitions", member.partitions},
          {"hints_pending", member.hints_pending}};
}

Json of_digests(const PartitionDigestTable& partition) {
  Json digests = Json::object();
  for (const ReplicaDigestText& replica : partition.replicas) {
    digests[replica.member] = replica.digest.has_value() ? Json(*replica.digest) : Json(nullptr);
  }
  return {{"partition", partition.partition}, {"digests", std::move(digests)}};
}

double microseconds_of(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

Json of_trace_event(const TraceEvent& event) {
  Json json{{"at_us", microseconds_of(event.at)},
            {"node", event.node},
            {"event", trace_event_name(event.kind)}};
  if (!event.peer.empty()) json["peer"] = event.peer;
  if (!event.home.empty()) json["home"] = event.home;
  if (!event.result.empty()) json["result"] = event.result;
  return json;
}

// Only where there is one: who did not ask for it sees no key of it.
void add_trace(Json& json, const Trace& trace) {
  if (trace.empty()) return;
  json["trace"] = Json::array();
  for (const TraceEvent& event : trace.events) json["trace"].push_back(of_trace_event(event));
  if (trace.left_out > 0) json["trace_left_out"] = trace.left_out;
}

Json of_read(const KeyRef& address, const ReadResult& read) {
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
  add_trace(json, read.trace);
  return json;
}

Json of_key(const std::string& key) {
  if (is_utf8(key)) return key;
  return {{"key_base64", to_base64(key)}};
}

}  // namespace

// Names and messages are text; should one not be, a mark stands for what is not.
std::string text_of(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

nlohmann::ordered_json error_json(const Status& status) {
  Json error = {
      {"code", status_code_name(status.code())}, {"message", status.message()},
      {"in_doubt", status.in_doubt()},           {"required", status.required()},
      {"received", status.received()},           {"retryable", is_retryable(status.code())}};
  // Only where there is advice: a zero would read as "at once".
  if (status.retry_after().count() > 0) error["retry_after_ms"] = status.retry_after().count();
  return error;
}

std::string json_of(const Status& status) {
  Json json{{"error", error_json(status)}};
  add_trace(json, status.trace());
  return text_of(json);
}

std::string json_of(const KeyRef& address, const ReadResult& read) {
  return text_of(of_read(address, read));
}

std::string json_of(const KeyRef& address, const ReadResult& read, const Status& error) {
  Json json = of_read(address, read);
  json["error"] = error_json(error);
  return text_of(json);
}

std::string json_of(const KeyRef& address, const WriteResult& written) {
  Json json = of_address(address);
  json["context"] = written.context;
  json["siblings"] = written.siblings;
  json["level"] = written.level.to_text();
  json["replies"] = {{"required", written.replies.required},
                     {"received", written.replies.received}};
  add_trace(json, written.trace);
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

std::string json_of(const RepairRun& run, const RepairReport& report) {
  return text_of(Json{{"partitions", report.partitions},
                      {"pairs", report.pairs},
                      {"compared", report.compared},
                      {"failed", report.failed},
                      {"keys_compared", report.keys_compared},
                      {"differed", report.keys_differing},
                      {"repaired", report.records_written},
                      {"bytes", report.bytes},
                      {"dry_run", run.dry_run},
                      {"absent", report.absent},
                      {"unanswered", report.unanswered}});
}

std::string json_of(const ChangeReport& report) {
  Json before = Json::object();
  Json after = Json::object();
  for (const MemberSlots& member : report.slots) {
    before[member.name] = member.before;
    after[member.name] = member.after;
  }
  return text_of(Json{{"plan", report.plan.empty() ? Json(nullptr) : Json(report.plan)},
                      {"epoch", report.epoch},
                      {"changes", report.changes},
                      {"moves", report.moves},
                      {"moves_least", report.moves_least},
                      {"bytes", report.bytes.has_value() ? Json(*report.bytes) : Json(nullptr)},
                      {"before", std::move(before)},
                      {"after", std::move(after)},
                      {"warnings", report.warnings},
                      {"under_way", report.under_way}});
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
                        {"unsupplied", node.damage.unsupplied}}},
                      {"waits_to_join", node.waits_to_join}});
}

std::string json_of(std::string_view bucket, const KeyPage& page) {
  Json json{{"bucket", bucket}, {"keys", Json::array()}};
  for (const std::string& key : page.keys) json["keys"].push_back(of_key(key));
  if (!page.cursor.empty()) json["cursor"] = page.cursor;
  return text_of(json);
}

std::string json_of_key(const std::string& key) {
  return text_of(of_key(key));
}

}  // namespace starling
