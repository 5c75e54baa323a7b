#include "json/answer_json.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

namespace starling {
namespace {

using namespace std::chrono_literals;

const KeyRef kAlice{.bucket = "carts", .key = "alice"};

TEST_CASE("json: a read is printed with these keys, in this order") {
  ReadResult read;
  const auto since_1970 = std::chrono::milliseconds(1767323045678);
  read.siblings = {{.value = "apples",
                    .content_type = "text/plain",
                    .modified = std::chrono::sys_time<std::chrono::milliseconds>(since_1970),
                    .dot = "a-1.1"}};
  read.context = "ctx";
  read.replies = {.required = 2, .received = 3, .primaries = 3};
  read.protected_read = true;
  CHECK(json_of(kAlice, read) ==
        R"({"bucket":"carts","key":"alice","found":true,"context":"ctx",)"
        R"("siblings":[{"value":"apples","value_base64":"YXBwbGVz","content_type":"text/plain",)"
        R"("modified":"2026-01-02T03:04:05.678Z","dot":"a-1.1"}],"level":"quorum",)"
        R"("replies":{"required":2,"received":3,"primaries":3},"repaired":0,"protected":true})");
}

TEST_CASE("json: what is not there is found false, with the context if there is one") {
  ReadResult read;
  CHECK(json_of(kAlice, read)
            .starts_with(R"({"bucket":"carts","key":"alice","found":false,"siblings":[],"level")"));
  read.context = "ctx";
  CHECK(json_of(kAlice, read)
            .starts_with(
                R"({"bucket":"carts","key":"alice","found":false,"context":"ctx","siblings":[])"));
}

TEST_CASE("json: a value that is not UTF-8 stands in base64 only") {
  ReadResult read;
  read.siblings.emplace_back().value = "\xff\xfe";
  const std::string json = json_of(kAlice, read);
  CHECK(json.find(R"("siblings":[{"value_base64":"//4=","content_type")") != std::string::npos);
}

TEST_CASE("json: a write is printed with these keys") {
  const WriteResult written{.context = "ctx",
                            .siblings = 2,
                            .level = Level::all(),
                            .replies = {.required = 3, .received = 3, .primaries = 3}};
  CHECK(json_of(kAlice, written) ==
        R"({"bucket":"carts","key":"alice","context":"ctx","siblings":2,"level":"all",)"
        R"("replies":{"required":3,"received":3}})");
}

TEST_CASE("json: a trace that was asked for stands behind the rest, of errors too") {
  Trace trace;
  trace.events = {{.at = 1500ns, .kind = TraceEventKind::Begun, .node = "node0"},
                  {.at = 2us,
                   .kind = TraceEventKind::HintAnswered,
                   .node = "node0",
                   .peer = "node1",
                   .home = "node2",
                   .result = "done"}};
  const std::string told =
      R"("trace":[{"at_us":1.5,"node":"node0","event":"begun"},{"at_us":2.0,"node":"node0",)"
      R"("event":"hint_answered","peer":"node1","home":"node2","result":"done"}]})";
  WriteResult written;
  written.trace = trace;
  CHECK(json_of(kAlice, written).ends_with("}," + told));
  ReadResult read;
  read.trace = trace;
  CHECK(json_of(kAlice, read).ends_with("," + told));
  const Status status(StatusCode::InDoubt, "why");
  CHECK(json_of(Status(status).with_trace(trace)).ends_with("}," + told));
  CHECK(json_of(status).find("trace") == std::string::npos);
  trace.left_out = 4;
  CHECK(json_of(Status(status).with_trace(trace)).ends_with(R"(],"trace_left_out":4})"));
}

TEST_CASE("json: an error is printed with these keys") {
  const Status status = Status(StatusCode::InDoubt, "no \"verdict\"").with_replies(2, 1);
  CHECK(json_of(status) ==
        R"({"error":{"code":"in_doubt","message":"no \"verdict\"","in_doubt":true,)"
        R"("required":2,"received":1,"retryable":false}})");
}

TEST_CASE("json: an error says when to try again, where the server said so") {
  const Status status = Status(StatusCode::Overloaded, "busy").with_retry_after(25ms);
  CHECK(json_of(status) == R"({"error":{"code":"overloaded","message":"busy","in_doubt":false,)"
                           R"("required":0,"received":0,"retryable":true,"retry_after_ms":25}})");
}

TEST_CASE("json: the cluster's status is printed with these keys") {
  ClusterStatus status{.cluster = "starling",
                       .epoch = 1,
                       .partitions = 8,
                       .replicas = 1,
                       .replicas_configured = 3,
                       .members = {},
                       .can_lose_availability = 0,
                       .can_lose_durability = 0,
                       .messages = {"alone"}};
  status.members.push_back({.name = "node0",
                            .id = "00ab",
                            .address = "h:1",
                            .http = "h:2",
                            .zone = "z",
                            .state = "up",
                            .state_seconds = 5,
                            .partitions = 8,
                            .hints_pending = 0});
  CHECK(json_of(status) ==
        R"({"cluster":"starling","epoch":1,"partitions":8,"replicas":1,"replicas_configured":3,)"
        R"("members":[{"name":"node0","id":"00ab","address":"h:1","http":"h:2","zone":"z",)"
        R"("state":"up","state_seconds":5,"partitions":8,"hints_pending":0}],)"
        R"("can_lose":{"availability":0,"durability":0},"messages":["alone"]})");
}

TEST_CASE("json: tasks are printed with these keys, and who did not answer") {
  const TaskList list{.tasks = {{.id = "hints:a:b",
                                 .kind = "hints",
                                 .subject = "a -> b",
                                 .done = 1,
                                 .total = 3,
                                 .unit = "keys",
                                 .eta_seconds = 2},
                                {.id = "x", .kind = "hints", .subject = "", .unit = "keys"}},
                      .unanswered = {"c"}};
  CHECK(json_of(list) ==
        R"({"tasks":[{"id":"hints:a:b","kind":"hints","subject":"a -> b","done":1,"total":3,)"
        R"("unit":"keys","eta_seconds":2},{"id":"x","kind":"hints","subject":"","done":0,)"
        R"("total":0,"unit":"keys","eta_seconds":null}],"unanswered":["c"]})");
}

TEST_CASE("answer_json: a repair is printed with these keys") {
  const RepairReport report{.partitions = 8,
                            .pairs = 24,
                            .compared = 23,
                            .failed = 1,
                            .keys_compared = 40,
                            .keys_differing = 3,
                            .records_written = 2,
                            .bytes = 1000,
                            .absent = {"c"},
                            .unanswered = {}};
  CHECK(json_of(RepairRun{.dry_run = true}, report) ==
        R"({"partitions":8,"pairs":24,"compared":23,"failed":1,"keys_compared":40,"differed":3,)"
        R"("repaired":2,"bytes":1000,"dry_run":true,"absent":["c"],"unanswered":[]})");
}

TEST_CASE("answer_json: a plan is printed with these keys") {
  ChangeReport report{.plan = "0123456789abcdef",
                      .epoch = 3,
                      .changes = {"leave d"},
                      .moves = 12,
                      .moves_least = 11,
                      .bytes = std::nullopt,
                      .slots = {{.name = "a", .before = 9, .after = 12}},
                      .warnings = {"w"},
                      .under_way = {"u"}};
  CHECK(json_of(report) ==
        R"({"plan":"0123456789abcdef","epoch":3,"changes":["leave d"],"moves":12,)"
        R"("moves_least":11,"bytes":null,"before":{"a":9},"after":{"a":12},"warnings":["w"],)"
        R"("under_way":["u"]})");
  report.bytes = 5;
  CHECK(json_of(report).find(R"("bytes":5)") != std::string::npos);
  CHECK(json_of(ChangeReport{}).find(R"("plan":null)") != std::string::npos);
}

TEST_CASE("json: ring, owners and digests are printed with these keys") {
  CHECK(json_of(RingTable{
            .epoch = 2, .partitions = {{.partition = 0, .owners = {"a", "b"}, .fallbacks = {}}}}) ==
        R"({"epoch":2,"partitions":[{"partition":0,"owners":["a","b"]}]})");
  CHECK(json_of(PartitionOwnership{.partition = 7, .owners = {"a"}, .fallbacks = {"b"}}) ==
        R"({"partition":7,"owners":["a"],"fallbacks":["b"]})");
  DigestTable digest{.partitions = {}, .agree = false};
  digest.partitions.push_back(
      {.partition = 0,
       .replicas = {{.member = "a", .digest = "0f"}, {.member = "b", .digest = {}}}});
  CHECK(json_of(digest) ==
        R"({"partitions":[{"partition":0,"digests":{"a":"0f","b":null}}],"agree":false})");
}

TEST_CASE("json: a node is printed with these keys") {
  NodeStatus node;
  node.name = "node0";
  node.ready = true;
  node.uptime_ms = 5;
  node.cpu_us = 7;
  CHECK(json_of(node).starts_with(R"({"name":"node0","id":"","cluster":"","version":"")"));
  CHECK(json_of(node).ends_with(
      R"("ready":true,"not_ready_because":"","disk":"","uptime_ms":5,"cpu_us":7,)"
      R"("partitions":0,"damage":{"met":0,"mended":0,"waiting":0,"unsupplied":0},)"
      R"("waits_to_join":false})"));
}

TEST_CASE("json: a read that is none to go on with says why, behind what it found") {
  ReadResult read;
  read.context = "ctx";
  const std::string json = json_of(kAlice, read, Status(StatusCode::NotFound, "there is nothing"));
  CHECK(json.find(R"("found":false,"context":"ctx","siblings":[])") != std::string::npos);
  CHECK(
      json.ends_with(R"("error":{"code":"not_found","message":"there is nothing","in_doubt":false,)"
                     R"("required":0,"received":0,"retryable":false}})"));
}

TEST_CASE("json: a page of keys says where the next one goes on, and the last one does not") {
  CHECK(json_of("b", KeyPage{.keys = {"a", "\xff"}, .cursor = "c"}) ==
        R"({"bucket":"b","keys":["a",{"key_base64":"/w=="}],"cursor":"c"})");
  CHECK(json_of("b", KeyPage{}) == R"({"bucket":"b","keys":[]})");
}

TEST_CASE("json: keys are strings, unless they can not be") {
  CHECK(json_of_key("a\"b") == R"("a\"b")");
  CHECK(json_of_key("\xff") == R"({"key_base64":"/w=="})");
}

}  // namespace
}  // namespace starling
