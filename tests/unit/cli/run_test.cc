#include "cli/run.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fake_store.h"

namespace starling::cli {
namespace {

TEST_CASE("starling: what is put is got, byte for byte") {
  const FakeStore store;
  const std::string value("line\n\0\xff end", 11);
  CHECK(run_tool({"put", "b", "k", "-", "--endpoint", store.endpoint()}, value).exit_code == 0);
  const Ran got = run_tool({"--endpoint", store.endpoint(), "get", "b", "k"});
  CHECK(got.exit_code == 0);
  CHECK(got.out == value);
  CHECK(got.err.empty());
}

TEST_CASE("starling: a raw put says its context, and speaks up about siblings") {
  const FakeStore store;
  const std::vector<std::string> put{"put", "b", "k", "v", "--endpoint", store.endpoint()};
  CHECK(run_tool(put).out == "written\n");
  CHECK(run_tool(put).err == "starling: b/k now holds 2 concurrent values\n");
}

TEST_CASE("starling: a traced put draws its timeline, whether it succeeds or not") {
  const FakeStore store("refused");
  const Ran put = run_tool({"put", "b", "k", "v", "--trace", "--endpoint", store.endpoint()});
  CHECK(put.out == "written\n");
  CHECK(put.err.find("asked of fake") != std::string::npos);
  const Ran refused =
      run_tool({"put", "b", "refused", "v", "--trace", "--endpoint", store.endpoint()});
  CHECK(refused.exit_code == 5);
  CHECK(refused.err.find("asked of fake") != std::string::npos);
  const Ran json =
      run_tool({"put", "b", "refused", "v", "--trace", "--json", "--endpoint", store.endpoint()});
  CHECK(json.out.find(R"("trace":[{"at_us":0.0,"node":"fake","event":"begun"}])") !=
        std::string::npos);
  CHECK(json.err.empty());
  CHECK(run_tool({"put", "b", "k", "v", "--endpoint", store.endpoint()}).err.find("timeline") ==
        std::string::npos);
}

TEST_CASE("starling: several siblings in raw form are nothing on standard output and exit 4") {
  FakeStore store;
  store.values["k"] = {"one", "two"};
  const Ran raw = run_tool({"get", "b", "k", "--endpoint", store.endpoint()});
  CHECK(raw.exit_code == 4);
  CHECK(raw.out.empty());
  CHECK(raw.err.find("--context") != std::string::npos);
  CHECK(run_tool({"get", "b", "k", "--json", "--endpoint", store.endpoint()}).exit_code == 0);
}

TEST_CASE("starling: what is not there is exit 3") {
  const FakeStore store;
  const Ran raw = run_tool({"get", "b", "k", "--endpoint", store.endpoint()});
  CHECK(raw.exit_code == 3);
  CHECK(raw.out.empty());
  const Ran json = run_tool({"get", "b", "k", "--json", "--endpoint", store.endpoint()});
  CHECK(json.exit_code == 3);
  CHECK(json.out.find("\"found\":false") != std::string::npos);
}

TEST_CASE("starling: deleted is gone") {
  FakeStore store;
  store.values["k"] = {"one"};
  CHECK(run_tool({"delete", "b", "k", "--endpoint", store.endpoint()}).exit_code == 0);
  CHECK(store.values.empty());
}

TEST_CASE("starling: keys come one a line, up to the limit") {
  FakeStore store;
  store.values = {{"a", {"x"}}, {"b", {"x"}}, {"c", {"x"}}};
  CHECK(run_tool({"keys", "b", "--endpoint", store.endpoint()}).out == "a\nb\nc\n");
  CHECK(run_tool({"keys", "b", "--limit", "2", "--json", "--endpoint", store.endpoint()}).out ==
        "\"a\"\n\"b\"\n");
}

TEST_CASE("starling: an error is JSON on standard output when JSON was asked for") {
  const FakeStore store("refused");
  const Ran json =
      run_tool({"put", "b", "refused", "v", "-o", "json", "--endpoint", store.endpoint()});
  CHECK(json.exit_code == 5);
  CHECK(json.out ==
        R"({"error":{"code":"unavailable","message":"1 of 2 replicas","in_doubt":false,)"
        R"("required":2,"received":1,"retryable":true}})"
        "\n");
  CHECK(json.err.empty());
}

TEST_CASE("starling: nobody there is exit 5, a connection that breaks under a write exit 6") {
  CHECK(run_tool({"get", "b", "k", "--endpoint", "127.0.0.1:1"}).exit_code == 5);
  const ScriptedServer breaking([](const ClientRequest&) { return std::nullopt; });
  CHECK(run_tool({"put", "b", "k", "v", "--endpoint", breaking.endpoint()}).exit_code == 6);
}

TEST_CASE("starling: a server of another version is exit 1, one without room for a client exit 5") {
  ScriptedServer other([](const ClientRequest&) { return std::nullopt; });
  other.set_protocol(99);
  const Ran versions = run_tool({"get", "b", "k", "--endpoint", other.endpoint()});
  CHECK(versions.exit_code == 1);
  CHECK(versions.err.find("protocol version 99 is not spoken here") != std::string::npos);
  ScriptedServer crowded([](const ClientRequest&) { return std::nullopt; });
  crowded.refuse_with("clients_max", StatusCode::Overloaded);
  const Ran refused = run_tool({"put", "b", "k", "v", "--endpoint", crowded.endpoint()});
  CHECK(refused.exit_code == 5);
  CHECK(refused.err.starts_with("starling: overloaded: "));
}

TEST_CASE("starling: usage errors are exit 2, as JSON too") {
  CHECK(run_tool({"get", "b"}).exit_code == 2);
  CHECK(run_tool({"get", "a/b", "k"}).exit_code == 2);
  CHECK(run_tool({"put", "b", "k", "@/no/such/file"}).exit_code == 2);
  CHECK(run_tool({"get", "--json"}).out.starts_with("{\"error\":{\"code\":\"usage\""));
}

TEST_CASE("starling: it says its version, and names the option whose value is wrong") {
  CHECK(run_tool({"--version"}).out.starts_with("starling "));
  CHECK(run_tool({"get", "b", "k", "--timeout", "soon"}).err.find("--timeout: ") !=
        std::string::npos);
}

TEST_CASE("starling: help goes to standard output and is a success") {
  const Ran help = run_tool({"put", "--help"});
  CHECK(help.exit_code == 0);
  CHECK(help.out.find("Examples:") != std::string::npos);
}

}  // namespace
}  // namespace starling::cli
