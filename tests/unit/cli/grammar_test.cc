#include "cli/grammar.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace starling::cli {
namespace {

using Strings = std::vector<std::string>;

Grammar small_grammar() {
  const OptionShape r{.name = "--r", .kind = OptionKind::WithValue};
  const OptionShape json{.name = "--json", .kind = OptionKind::Flag};
  return Grammar({{.name = "get", .arguments = {"BUCKET", "KEY"}, .options = {r, json}},
                  {.name = "keys", .arguments = {"BUCKET"}, .options = {json}},
                  {.name = "cluster ring", .options = {json}}});
}

TEST_CASE("Grammar: commands are found by name, groups by their first word") {
  const Grammar grammar = small_grammar();
  CHECK(grammar.find("cluster ring")->name == "cluster ring");
  CHECK(grammar.find("cluster") == nullptr);
  CHECK(grammar.is_group("cluster"));
  CHECK_FALSE(grammar.is_group("get"));
}

TEST_CASE("Grammar: a place is behind the command, its options and its arguments") {
  const Grammar grammar = small_grammar();
  const auto place = grammar.place_behind({"--json", "get", "--r", "2", "b"});
  CHECK(place.command == grammar.find("get"));
  CHECK(place.command_end == 2);
  CHECK(place.arguments == 1);
  CHECK(place.option == nullptr);
  CHECK(grammar.place_behind({"get", "--r"}).option->name == "--r");
}

TEST_CASE("Grammar: a dash alone is an argument, and so is all behind two dashes") {
  const Grammar grammar = small_grammar();
  CHECK(grammar.place_behind({"get", "-"}).arguments == 1);
  const auto place = grammar.place_behind({"get", "--", "--r"});
  CHECK(place.options_ended);
  CHECK(place.arguments == 1);
}

TEST_CASE("Grammar: a name of two words comes word by word, and what is none is told") {
  const Grammar grammar = small_grammar();
  CHECK(grammar.place_behind({"cluster"}).group == "cluster");
  CHECK(grammar.place_behind({"cluster", "ring"}).command->name == "cluster ring");
  CHECK(grammar.place_behind({"cluster", "sing"}).unknown);
  CHECK(grammar.place_behind({"git", "b"}).unknown);
}

TEST_CASE("Grammar: a bucket is put in just where one was left out") {
  const Grammar grammar = small_grammar();
  CHECK(grammar.with_bucket({"get", "--r", "2", "k"}, "b") == Strings{"get", "b", "--r", "2", "k"});
  CHECK(grammar.with_bucket({"keys"}, "b") == Strings{"keys", "b"});
  CHECK(grammar.with_bucket({"get", "--", "-k"}, "b") == Strings{"get", "b", "--", "-k"});
  for (const Strings& complete :
       std::vector<Strings>{{"get", "c", "k"}, {"get"}, {"cluster", "ring"}, {"git"}, {}}) {
    CHECK(grammar.with_bucket(complete, "b") == complete);
  }
}

}  // namespace
}  // namespace starling::cli
