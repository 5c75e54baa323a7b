#include "cli/export.h"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

#include "fake_store.h"

namespace starling::cli {
namespace {

TEST_CASE("export: one line a key, in the order of the listing, and the count for people") {
  FakeStore store;
  store.values = {{"a", {"1"}}, {"b", {std::string("\0\xff", 2)}}};
  const Ran ran = run_tool({"export", "b", "-", "--endpoint", store.endpoint()});
  CHECK(ran.exit_code == 0);
  CHECK(ran.out == "{\"key\":\"a\",\"value\":\"1\"}\n{\"key\":\"b\",\"value_base64\":\"AP8=\"}\n");
  CHECK(ran.err == "exported 2, failed 0\n");
}

TEST_CASE("export: a key with several values is reported, not chosen from") {
  FakeStore store;
  store.values = {{"a", {"1", "2"}}, {"b", {"3"}}};
  const Ran ran = run_tool({"export", "b", "-", "--endpoint", store.endpoint()});
  CHECK(ran.exit_code == 4);
  CHECK(ran.out == "{\"key\":\"b\",\"value\":\"3\"}\n");
  CHECK(ran.err.find("key a: conflict: 2 concurrent values") != std::string::npos);
}

TEST_CASE("export: what was exported can be imported") {
  FakeStore from;
  for (int key = 0; key < 100; ++key) from.values["key" + std::to_string(key)] = {"value"};
  const Ran exported = run_tool({"export", "b", "-", "--endpoint", from.endpoint()});
  const FakeStore to;
  CHECK(run_tool({"import", "b", "-", "--endpoint", to.endpoint()}, exported.out).exit_code == 0);
  CHECK(to.values == from.values);
}

TEST_CASE("export: into a file, the report is on standard output when it is JSON") {
  FakeStore store;
  store.values = {{"a", {"1"}}};
  const std::string path = "/tmp/starling_export_test_" + std::to_string(getpid());
  const Ran ran = run_tool({"export", "b", path, "--json", "--endpoint", store.endpoint()});
  CHECK(ran.out == "{\"bucket\":\"b\",\"exported\":1,\"failed\":0,\"failures\":[]}\n");
  std::ostringstream content;
  content << std::ifstream(path).rdbuf();
  CHECK(content.str() == "{\"key\":\"a\",\"value\":\"1\"}\n");
  CHECK(std::remove(path.c_str()) == 0);
}

TEST_CASE("export: a cluster that is not there ends it with its reason") {
  const Ran ran = run_tool({"export", "b", "-", "--endpoint", "127.0.0.1:1"});
  CHECK(ran.exit_code == 5);
  CHECK(ran.err.find("stopped early: unreachable") != std::string::npos);
}

}  // namespace
}  // namespace starling::cli
