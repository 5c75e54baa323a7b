#include "cli/table.h"

#include <string>

#include <doctest/doctest.h>

namespace starling::cli {
namespace {

TEST_CASE("table: what could command a terminal is made visible") {
  CHECK(printable("plain\ttext\n") == "plain\ttext\n");
  CHECK(printable("\x1b[2J\x7f") == "\\x1b[2J\\x7f");
}

TEST_CASE("table: a read shows each value with its size and age") {
  ReadResult read;
  read.siblings = {{.value = "apples", .content_type = "", .modified = {}, .dot = "d1"},
                   {.value = "\xff", .content_type = "x/y", .modified = {}, .dot = "d2"}};
  read.context = "ctx";
  CHECK(table_of("carts/alice", read) ==
        "carts/alice: 2 concurrent values\n"
        "  1970-01-01T00:00:00.000Z  6 B  -  dot d1\n  apples\n"
        "  1970-01-01T00:00:00.000Z  1 B  x/y  dot d2\n  base64:/w==\n"
        "level quorum, 0 of 0 needed replies\ncontext ctx\n");
}

TEST_CASE("table: columns are as wide as their widest cell") {
  const RingTable ring{.epoch = 1,
                       .partitions = {{.partition = 0, .owners = {"a", "b"}, .fallbacks = {}},
                                      {.partition = 1000, .owners = {"c"}, .fallbacks = {}}}};
  CHECK(table_of(ring) == "epoch 1\nPARTITION  OWNERS\n0          a b\n1000       c\n");
}

TEST_CASE("table: the status says how many may fail and what is wrong") {
  ClusterStatus status;
  status.cluster = "starling";
  status.replicas = 1;
  status.replicas_configured = 3;
  status.messages = {"one is down"};
  for (const std::uint64_t seconds : {7U, 119U, 125U, 7205U, 300'000U}) {
    status.members.push_back({.name = "m", .state = "up", .state_seconds = seconds});
  }
  const std::string table = table_of(status);
  for (const char* const age :
       {"up     7 s", "up     119 s", "up     2 min", "up     2 h", "up     3 d"}) {
    CAPTURE(age);
    CHECK(table.find(age) != std::string::npos);
  }
  CHECK(table.find("1 copies of each key (3 configured)") != std::string::npos);
  CHECK(table.find("can lose 0 more") != std::string::npos);
  CHECK(table.ends_with("! one is down\n"));
}

TEST_CASE("table: tasks, and that more may be unknown") {
  CHECK(table_of(TaskList{}) == "nothing is left to do\n");
  CHECK(table_of(TaskList{.tasks = {}, .unanswered = {"c"}}) ==
        "no member that answered has anything to do\n"
        "! c did not say what it has to do: there may be more\n");
  const std::string table = table_of(TaskList{
      .tasks = {{.id = "i", .kind = "hints", .subject = "a -> b", .total = 3, .unit = "keys"}},
      .unanswered = {}});
  CHECK(table.find("a -> b") != std::string::npos);
}

TEST_CASE("table: a repair says what differed, and what was not compared") {
  RepairReport report{.partitions = 8, .pairs = 24, .compared = 24, .keys_differing = 3};
  CHECK(table_of(RepairRun{}, report) ==
        "compared 24 of 24 pairs of replicas in 8 partitions\n"
        "3 keys differed, 0 records were written, 0 bytes were sent\n");
  CHECK(table_of(RepairRun{.dry_run = true}, report).ends_with("\nnothing was changed\n"));
  report.failed = 2;
  report.absent = {"c"};
  report.unanswered = {"d"};
  const std::string table = table_of(RepairRun{}, report);
  CHECK(table.find("! 2 pairs could not be compared") != std::string::npos);
  CHECK(table.find("! c is down") != std::string::npos);
  CHECK(table.ends_with("! d did not say how far it is\n"));
}

TEST_CASE("table: a plan says what moves, the balance and the warnings") {
  CHECK(table_of(ChangeReport{}) == "nothing is staged\n");
  const ChangeReport report{.plan = "0123456789abcdef",
                            .epoch = 3,
                            .changes = {"leave d"},
                            .moves = 12,
                            .moves_least = 11,
                            .bytes = std::nullopt,
                            .slots = {{.name = "a", .before = 9, .after = 12}},
                            .warnings = {"d is down"},
                            .under_way = {"c gets 2 slots"}};
  CHECK(table_of(report) ==
        "staged: leave d\n"
        "plan 0123456789abcdef: 12 copies of partitions move, 11 at least; how many bytes is not "
        "known\n"
        "MEMBER  SLOTS BEFORE  AFTER\n"
        "a       9             12\n"
        "under way: c gets 2 slots\n"
        "! d is down\n");
}

TEST_CASE("table: of the digests only those that do not agree are listed") {
  DigestTable digest;
  digest.partitions = {
      {.partition = 0,
       .replicas = {{.member = "a", .digest = "1"}, {.member = "b", .digest = "1"}}},
      {.partition = 1,
       .replicas = {{.member = "a", .digest = "1"}, {.member = "b", .digest = "2"}}},
      {.partition = 2, .replicas = {{.member = "a", .digest = {}}}}};
  const std::string table = table_of(digest);
  CHECK(table.find("agree    a=1") == std::string::npos);
  CHECK(table.find("1          differ   a=1 b=2\n") != std::string::npos);
  CHECK(table.find("2          unknown  a=no-answer\n") != std::string::npos);
}

TEST_CASE("table: writes, owners and nodes are named line by line") {
  CHECK(table_of("b/k", WriteResult{}).starts_with("b/k: done at level quorum"));
  CHECK(table_of(PartitionOwnership{.partition = 7, .owners = {"a", "b"}, .fallbacks = {}}) ==
        "partition 7\nowners    a b\nfallbacks -\n");
  NodeStatus node;
  node.not_ready_because = "filling";
  CHECK(table_of(node).find("ready           no: filling\n") != std::string::npos);
  CHECK(table_of(node).find("damage          none met\n") != std::string::npos);
  node.damage = {.met = 4, .mended = 3, .waiting = 0, .unsupplied = 1};
  CHECK(table_of(node).find("4 met, 3 mended, 0 waiting, 1 that no") != std::string::npos);
}

}  // namespace
}  // namespace starling::cli
