#include "cli/import_pipeline.h"

#include <chrono>
#include <optional>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "cli/console.h"
#include "fake_store.h"
#include "support/scripted_server.h"

namespace starling::cli {
namespace {

// Imports blindly, `lines` as key and value, and returns the report.
TransferReport import_blindly(const ScriptedServer& server, const std::vector<std::string>& keys,
                              std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Console console{.in = in, .out = out, .err = err};
  Invocation invocation;
  invocation.endpoints = {server.endpoint()};
  invocation.timeout = timeout;
  const ImportCommand command{.bucket = "b", .mode = ImportMode::Blind};
  TransferLedger ledger(console, "b", "imported");
  ImportPipeline pipeline(invocation, command, ledger);
  std::uint64_t number = 0;
  for (const std::string& key : keys) {
    pipeline.push({.number = ++number, .record = {.key = key, .value = std::to_string(number)}});
  }
  pipeline.finish();
  return ledger.report();
}

const ClientPut* put_in(const ClientRequest& request) {
  return std::get_if<ClientPut>(&request.body);
}

ClientReply refused(StatusCode code) {
  return ErrorReply{.status = Status(code, "why"), .replies = {}};
}

TEST_CASE("ImportPipeline: the lines of one key are written in order, one after the other") {
  std::vector<std::string> values;
  const ScriptedServer server([&](const ClientRequest& request) -> std::optional<ClientReply> {
    if (put_in(request) == nullptr) return refused(StatusCode::Failure);
    values.push_back(put_in(request)->value);
    return PutReply{};
  });
  const TransferReport report = import_blindly(server, std::vector<std::string>(100, "k"));
  CHECK(report.done == 100);
  REQUIRE(values.size() == 100);
  for (int line = 0; line < 100; ++line) CHECK(values.at(line) == std::to_string(line + 1));
}

TEST_CASE("ImportPipeline: more lines than it holds go through it") {
  const ScriptedServer server([](const ClientRequest& request) -> std::optional<ClientReply> {
    return put_in(request) == nullptr ? refused(StatusCode::Failure) : PutReply{};
  });
  std::vector<std::string> keys;
  for (std::size_t key = 0; key < 5 * ImportPipeline::kLinesMax; ++key) {
    keys.push_back(std::to_string(key));
  }
  CHECK(import_blindly(server, keys).done == keys.size());
}

TEST_CASE("ImportPipeline: what was refused without effect is tried again, within its time") {
  int refusals = 0;
  const ScriptedServer server([&](const ClientRequest& request) -> std::optional<ClientReply> {
    if (put_in(request) == nullptr) return refused(StatusCode::Failure);
    if (++refusals <= 6) return refused(StatusCode::Unavailable);
    return PutReply{};
  });
  CHECK(import_blindly(server, {"a", "b", "c"}).done == 3);
  refusals = -1'000'000;
  const TransferReport report = import_blindly(server, {"a"}, std::chrono::milliseconds(300));
  CHECK(report.failed == 1);
}

}  // namespace
}  // namespace starling::cli
