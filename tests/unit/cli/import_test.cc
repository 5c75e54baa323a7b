#include "cli/import.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fake_store.h"

namespace starling::cli {
namespace {

// What is refused is tried again until its time is over: where that is meant, the time is short.
Ran import_into(const FakeStore& store, const std::string& lines,
                const std::vector<std::string>& more = {}, const std::string& timeout = "20s") {
  std::vector<std::string> words{"import",         "b",         "-",    "--endpoint",
                                 store.endpoint(), "--timeout", timeout};
  words.insert(words.end(), more.begin(), more.end());
  return run_tool(words, lines);
}

TEST_CASE("import: every line is written, and the count is told") {
  const FakeStore store;
  const Ran ran = import_into(store, R"({"key":"a","value":"1"}
{"key":"b","value_base64":"AP8="})");
  CHECK(ran.exit_code == 0);
  CHECK(ran.err == "imported 2, failed 0\n");
  CHECK(store.values.at("a") == std::vector<std::string>{"1"});
  CHECK(store.values.at("b") == std::vector<std::string>{std::string("\0\xff", 2)});
}

TEST_CASE("import: it replaces what is there, unless it is blind") {
  FakeStore store;
  store.values["a"] = {"old", "older"};
  CHECK(import_into(store, R"({"key":"a","value":"new"})").exit_code == 0);
  CHECK(store.values.at("a") == std::vector<std::string>{"new"});
  CHECK(import_into(store, R"({"key":"a","value":"more"})", {"--blind"}).exit_code == 0);
  CHECK(store.values.at("a") == std::vector<std::string>{"new", "more"});
}

TEST_CASE("import: all lines go over one connection, which lasts to the end") {
  const FakeStore store;
  std::string lines;
  for (int line = 0; line < 50; ++line) {
    lines += R"({"key":"k)" + std::to_string(line) + R"(","value":"v"})" + "\n";
  }
  CHECK(import_into(store, lines).err == "imported 50, failed 0\n");
  CHECK(store.connections() == 1);
}

TEST_CASE("import: the last line of a key wins") {
  const FakeStore store;
  std::string lines;
  for (int line = 0; line < 500; ++line) {
    lines += R"({"key":"k)" + std::to_string(line % 5) + R"(","value":")" + std::to_string(line) +
             "\"}\n";
  }
  CHECK(import_into(store, lines).err == "imported 500, failed 0\n");
  CHECK(store.values.at("k0") == std::vector<std::string>{"495"});
  CHECK(store.values.at("k4") == std::vector<std::string>{"499"});
}

TEST_CASE(
    "import: each line that fails is told with number and reason, and the worst is the exit") {
  const FakeStore store("bad");
  const Ran ran = import_into(store,
                              "{\"key\":\"a\",\"value\":\"1\"}\nnoise\n\n"
                              "{\"key\":\"bad\",\"value\":\"1\"}\n",
                              {}, "2s");
  CHECK(ran.exit_code == 5);
  CHECK(ran.err.find("starling: line 2: usage: the line is no JSON object\n") != std::string::npos);
  CHECK(ran.err.find("starling: line 4: unavailable: 1 of 2 replicas\n") != std::string::npos);
  CHECK(ran.err.ends_with("imported 1, failed 2\n"));
}

TEST_CASE("import: asked for JSON, the report is JSON") {
  const FakeStore store;
  const Ran ran = import_into(store, "{\"key\":\"a\",\"value\":\"1\"}\nnoise\n", {"--json"});
  CHECK(ran.exit_code == 2);
  CHECK(ran.out.starts_with(R"({"bucket":"b","imported":1,"failed":1,"failures":[{"subject":)"
                            R"("line 2","code":"usage")"));
}

TEST_CASE("import: a file that can not be read, or no bucket, is a usage error") {
  CHECK(run_tool({"import", "b", "/no/such/file"}).exit_code == 2);
  CHECK(run_tool({"import", "a/b", "-"}).exit_code == 2);
}

}  // namespace
}  // namespace starling::cli
