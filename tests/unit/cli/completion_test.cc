#include "cli/completion.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "cli/arguments.h"

namespace starling::cli {
namespace {

using Strings = std::vector<std::string>;

struct Completed : Completion {
  explicit Completed(std::string_view line)
      : Completion(complete(
            line, command_grammar(),
            {.buckets = buckets, .settings = settings, .files = [](const std::string& beginning) {
               return Strings{beginning + "a.txt", beginning + "my pictures/"};
             }})) {}
  static inline const std::set<std::string> buckets{"carts", "cats", "notes"};
  static inline const Strings settings{"bucket", "r"};
};

TEST_CASE("completion: a command, and both words of one that has two") {
  CHECK(Completed("ge").candidates == Strings{"get "});
  CHECK(Completed("").candidates.size() > 5);
  CHECK(Completed("clus").candidates == Strings{"cluster "});
  CHECK(Completed("cluster ri").candidates == Strings{"ring "});
  CHECK(Completed("cluster r").candidates == Strings{"remove ", "repair ", "replace ", "ring "});
  CHECK(Completed("nonsense ").candidates.empty());
}

TEST_CASE("completion: a bucket that was named before, in its place only") {
  CHECK(Completed("get ca").candidates == Strings{"carts ", "cats "});
  CHECK(Completed("get --r 2 n").candidates == Strings{"notes "});
  CHECK(Completed("get notes ca").candidates.empty());
  CHECK(Completed("cluster ring --key car").candidates == Strings{"carts/"});
}

TEST_CASE("completion: options that the command has, but none of a later version") {
  CHECK(Completed("get b k --p").candidates == Strings{"--pr "});
  CHECK(Completed("put b k v --if").candidates.empty());
  CHECK(Completed("put b k v --time").candidates == Strings{"--timeout "});
  CHECK(Completed("put b k -- --w").candidates.empty());
}

TEST_CASE("completion: levels and forms behind their options") {
  CHECK(Completed("put b k v --w q").candidates == Strings{"quorum "});
  CHECK(Completed("-o ").candidates == Strings{"json ", "raw ", "table "});
}

TEST_CASE("completion: files where a file is meant") {
  CHECK(Completed("import b x/").candidates == Strings{"'x/my pictures/'", "x/a.txt "});
  CHECK(Completed("put b k @").candidates == Strings{"'@my pictures/'", "@a.txt "});
  CHECK(Completed("put b k v").candidates.empty());
}

TEST_CASE("completion: it replaces the word from its quote on") {
  const Completed completed("get 'car");
  CHECK(completed.begin == 4);
  CHECK(completed.candidates == Strings{"carts "});
  CHECK(Completed("get ").begin == 4);
}

TEST_CASE("completion: a comment is not completed") {
  CHECK(Completed("get # ca").candidates.empty());
}

TEST_CASE("completion: candidates share what all begin with, in whole characters") {
  CHECK(shared_beginning({}).empty());
  CHECK(shared_beginning({"carts "}) == "carts ");
  CHECK(shared_beginning({"carts ", "cats "}) == "ca");
  CHECK(shared_beginning({"a\xc3\xa4", "a\xc3\xb6"}) == "a");
}

}  // namespace
}  // namespace starling::cli
