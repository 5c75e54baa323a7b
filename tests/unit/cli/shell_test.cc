#include "cli/shell.h"

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "cli/line_source.h"
#include "fake_store.h"

namespace starling::cli {
namespace {

using Strings = std::vector<std::string>;

// What a script on standard input prints.
Ran run_script(const FakeStore& store, const std::string& script,
               std::vector<std::string> options = {}) {
  std::vector<std::string> words{"shell", "--endpoint", store.endpoint()};
  words.insert(words.end(), options.begin(), options.end());
  return run_tool(words, script);
}

TEST_CASE("shell: the lines of a script are commands, and share one connection") {
  const FakeStore store;
  const Ran ran = run_script(store, "put b k 'two words'  # a comment\n\nget b k\nkeys b");
  CHECK(ran.exit_code == 0);
  CHECK(ran.out == "written\ntwo wordsk\n");
  CHECK(ran.err.empty());
  CHECK(store.connections() == 1);
}

TEST_CASE("shell: a script ends with its first failure, its exit code and its line") {
  const FakeStore store("refused");
  const Ran ran = run_script(store, "put b k v\nput b refused v\nput b later v\n");
  CHECK(ran.exit_code == 5);
  CHECK(ran.err.find("the script ends with line 2, which failed (exit code 5)") !=
        std::string::npos);
  CHECK_FALSE(store.values.contains("later"));
}

TEST_CASE("shell: a script that is to go on ends with the code of its first failure") {
  const FakeStore store("refused");
  const Ran ran =
      run_script(store, "get b missing\nput b refused v\nput b later v\n", {"--keep-going"});
  CHECK(ran.exit_code == 3);
  CHECK(ran.err.find("that was line 2") != std::string::npos);
  CHECK(store.values.contains("later"));
}

TEST_CASE("shell: what is set holds for the lines behind it") {
  FakeStore store;
  store.values["k"] = {"v"};
  const Ran ran =
      run_script(store, "set bucket b\nset output json\nget k\nunset output\nget c k\n");
  CHECK(ran.exit_code == 0);
  CHECK(ran.out.starts_with("{\"bucket\":\"b\",\"key\":\"k\",\"found\":true"));
  CHECK(ran.out.ends_with("}\nv"));
}

TEST_CASE(
    "shell: what it was started with holds too, and a level that is none is refused at once") {
  FakeStore store;
  store.values["k"] = {"v"};
  CHECK(run_script(store, "get k", {"--bucket", "b", "--r", "1"}).out == "v");
  CHECK(run_script(store, "set", {"--w", "all"}).out.find("w        all") != std::string::npos);
  CHECK(run_script(store, "", {"--w", "most"}).exit_code == 2);
  CHECK(run_script(store, "", {"--bucket", "a/b"}).exit_code == 2);
}

TEST_CASE("shell: asked for JSON, everything on standard output is JSON") {
  const FakeStore store;
  const Ran ran = run_script(store, "set\nhelp\nget --help\nset r most\n", {"-o", "json"});
  CHECK(ran.exit_code == 2);
  CHECK(ran.out.starts_with("{\"error\":{\"code\":\"usage\",\"message\":\"--r: unknown level"));
  CHECK(run_script(store, "nonsense", {"--json"}).out.starts_with("{\"error\""));
}

TEST_CASE("shell: what makes no sense in it is refused") {
  const FakeStore store;
  for (const std::string line : {"put b k -", "import b -", "shell", "set r", "set a b c", "unset",
                                 "exit now", "set colour red", "'open", "nonsense"}) {
    CAPTURE(line);
    CHECK(run_script(store, line).exit_code == 2);
  }
  CHECK(store.values.empty());
}

TEST_CASE("shell: exit leaves, and help lists all commands, or tells of one") {
  const FakeStore store;
  CHECK(run_script(store, "exit\nnonsense\n").exit_code == 0);
  const Ran help = run_script(store, "help\nhelp put\n");
  CHECK(help.exit_code == 0);
  CHECK(help.out.find("cluster ring") != std::string::npos);
  CHECK(help.out.find("unset SETTING") != std::string::npos);
  CHECK(help.out.find("Writes a value") != std::string::npos);
  CHECK(help.out.find("\n  shell ") == std::string::npos);
}

// A person who types these lines, one of which is dropped by ctrl-c.
class Typed final : public LineSource {
 public:
  explicit Typed(std::vector<Read> lines) : lines_(std::move(lines)) {}
  Read next(const std::string& prompt) override {
    prompts.push_back(prompt);
    if (at_ == lines_.size()) return {};
    return lines_[at_++];
  }
  std::vector<std::string> prompts;

 private:
  std::vector<Read> lines_;
  std::size_t at_ = 0;
};

TEST_CASE("Shell: for a person a failure is no end, and no exit code") {
  const FakeStore store;
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Console console{.in = in, .out = out, .err = err};
  Shell shell({.defaults = {.endpoints = store.endpoint()}}, console);
  Typed lines({{.event = LineSource::Event::Line, .text = "get b missing"},
               {.event = LineSource::Event::Abandoned},
               {.event = LineSource::Event::Line, .text = "set r one"}});
  CHECK(shell.run(lines, Shell::Reader::Person) == 0);
  CHECK(lines.prompts.size() == 4);
  CHECK(lines.prompts.back().ends_with(" r=one w=quorum> "));
}

TEST_CASE("Shell: a prompt stands in a line of its own, behind a value that has none") {
  FakeStore store;
  store.values["k"] = {"v"};
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Console console{.in = in, .out = out, .err = err};
  Shell shell({.defaults = {.endpoints = store.endpoint()}}, console);
  Typed lines({{.event = LineSource::Event::Line, .text = "get b k"},
               {.event = LineSource::Event::Line, .text = "keys b"}});
  CHECK(shell.run(lines, Shell::Reader::Person) == 0);
  CHECK(out.str() == "vk\n");
  CHECK(err.str() == "\n");
}

TEST_CASE("Shell: buckets that were named are completed, and so are its own commands") {
  std::istringstream in;
  std::ostringstream out;
  Console console{.in = in, .out = out, .err = out};
  Shell shell({}, console);
  shell.learn("put carts alice v");
  shell.learn("keys 'a b'");
  shell.learn("nonsense trees");
  CHECK(shell.complete("get ").candidates == Strings{"carts "});
  CHECK(shell.complete("set ti").candidates == Strings{"timeout "});
  CHECK(shell.complete("set w q").candidates == Strings{"quorum "});
  CHECK(shell.complete("help cluster st").candidates == Strings{"status "});
  CHECK(shell.complete("sh").candidates.empty());
}

}  // namespace
}  // namespace starling::cli
