#include "cli/output.h"

#include <string>

#include <doctest/doctest.h>

namespace starling::cli {
namespace {

const Address kAlice{.bucket = "carts", .key = "alice"};

ReadResult holding(const std::vector<std::string>& values) {
  ReadResult read;
  for (const std::string& value : values) read.siblings.emplace_back().value = value;
  return read;
}

TEST_CASE("output: raw is the value and nothing else") {
  CHECK(get_output(Form::Raw, kAlice, holding({"2 apples"})) ==
        Output{.out = "2 apples", .err = "", .exit_code = 0});
  CHECK(get_output(Form::Raw, kAlice, holding({""})).exit_code == 0);
}

TEST_CASE("output: raw with several values is nothing, exit 4, and the way out") {
  const Output output = get_output(Form::Raw, kAlice, holding({"a", "b"}));
  CHECK(output.out.empty());
  CHECK(output.exit_code == 4);
  CHECK(output.err ==
        "starling: carts/alice holds 2 concurrent values: see them with 'starling get carts alice "
        "--json', and replace them with 'starling put carts alice VALUE --context CONTEXT'\n");
}

TEST_CASE("output: all siblings are shown as table and JSON, exit 0") {
  CHECK(get_output(Form::Table, kAlice, holding({"a", "b"})).exit_code == 0);
  CHECK(get_output(Form::Json, kAlice, holding({"a", "b"})).exit_code == 0);
}

TEST_CASE("output: not found is exit 3 in every form") {
  for (const Form form : {Form::Raw, Form::Table, Form::Json}) {
    CHECK(get_output(form, kAlice, {}).exit_code == 3);
  }
  CHECK(get_output(Form::Raw, kAlice, {}).err == "starling: carts/alice: not found\n");
  CHECK(get_output(Form::Json, kAlice, {}).err.empty());
}

TEST_CASE("output: every error has the exit code of its row") {
  const auto exit_code = [](StatusCode code) {
    return failure_output(Form::Raw, Status(code, "why")).exit_code;
  };
  CHECK(exit_code(StatusCode::Failure) == 1);
  CHECK(exit_code(StatusCode::BadContext) == 2);
  CHECK(exit_code(StatusCode::TooManySiblings) == 4);
  CHECK(exit_code(StatusCode::Unreachable) == 5);
  CHECK(exit_code(StatusCode::InDoubt) == 6);
}

TEST_CASE("output: an error is a sentence for people, or JSON for programs, never both") {
  const Status status(StatusCode::Overloaded, "later");
  CHECK(failure_output(Form::Table, status).err == "starling: overloaded: later\n");
  CHECK(failure_output(Form::Table, status).out.empty());
  CHECK(failure_output(Form::Json, status).err.empty());
}

TEST_CASE("output: a timeline goes to people, below what is said, and never beside JSON") {
  Trace trace;
  trace.events = {{.at = {}, .kind = TraceEventKind::Begun, .node = "node0"}};
  const Output raw = with_timeline(get_output(Form::Raw, kAlice, holding({"v"})), Form::Raw, trace);
  CHECK(raw.out == "v");
  CHECK(raw.err.starts_with("timeline of 0.000 ms, asked of node0\n"));
  const Output lost = with_timeline(get_output(Form::Table, kAlice, {}), Form::Table, {});
  CHECK(lost.err.starts_with("starling: carts/alice: not found\nstarling: no timeline"));
  CHECK(lost.exit_code == 3);
  CHECK(with_timeline({}, Form::Json, trace).err.empty());
}

TEST_CASE("output: a raw write is its context alone; siblings are for people") {
  const WriteResult written{.context = "ctx", .siblings = 2, .level = {}, .replies = {}};
  const Output output = write_output(Form::Raw, kAlice, written);
  CHECK(output.out == "ctx\n");
  CHECK(output.err == "starling: carts/alice now holds 2 concurrent values\n");
  CHECK(write_output(Form::Json, kAlice, written).err.empty());
}

TEST_CASE("output: keys are bytes, JSON strings, or safe for a terminal") {
  CHECK(key_line(Form::Raw, "a\x1b") == "a\x1b\n");
  CHECK(key_line(Form::Json, "a\x1b") == "\"a\\u001b\"\n");
  CHECK(key_line(Form::Table, "a\x1b") == "a\\x1b\n");
}

TEST_CASE("output: administration answers in JSON and in words") {
  CHECK(status_output(Form::Json, {}).out.starts_with("{\"cluster\""));
  CHECK(ring_output(Form::Json, {}).out == "{\"epoch\":0,\"partitions\":[]}\n");
  CHECK(ownership_output(Form::Raw, {}).out.starts_with("partition 0\n"));
  CHECK(digest_output(Form::Json, {}).out == "{\"partitions\":[],\"agree\":false}\n");
  CHECK(node_output(Form::Table, {}).out.starts_with("name"));
}

TEST_CASE("output: a transfer reports counts, the worst exit code and why it stopped") {
  TransferReport report;
  report.verb = "imported";
  report.done = 3;
  report.failed = 1;
  report.worst_exit_code = 6;
  CHECK(transfer_output(Form::Raw, report) ==
        Output{.out = "", .err = "imported 3, failed 1\n", .exit_code = 6});
  report.stopped = Status(StatusCode::Unreachable, "gone");
  CHECK(transfer_output(Form::Raw, report).err.ends_with("stopped early: unreachable: gone\n"));
}

}  // namespace
}  // namespace starling::cli
