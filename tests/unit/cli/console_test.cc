#include "cli/console.h"

#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "starling/options.h"

namespace starling::cli {
namespace {

struct Streams {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Console console{.in = in, .out = out, .err = err};
};

TEST_CASE("Console: the form is what was asked, or suits who reads") {
  Streams streams;
  Invocation invocation;
  CHECK(form_of(invocation, streams.console) == Form::Raw);
  streams.console.out_is_terminal = true;
  CHECK(form_of(invocation, streams.console) == Form::Table);
  invocation.form = Form::Json;
  CHECK(form_of(invocation, streams.console) == Form::Json);
}

TEST_CASE("Console: each part goes to its stream") {
  Streams streams;
  CHECK(print(streams.console, {.out = "a", .err = "b", .exit_code = 4}) == 4);
  CHECK(streams.out.str() == "a");
  CHECK(streams.err.str() == "b");
}

TEST_CASE("Console: standard output that can not be written is a failure") {
  Streams streams;
  streams.out.setstate(std::ios::badbit);
  CHECK(print(streams.console, {.out = "a", .err = {}, .exit_code = 0}) == 1);
  CHECK(print(streams.console, {.out = "a", .err = {}, .exit_code = 3}) == 3);
}

TEST_CASE("Console: a value is text, standard input, or a file") {
  Streams streams;
  streams.in.str(std::string("a\0\n", 3));
  CHECK(*value_of(streams.console, "-") == std::string("a\0\n", 3));
  CHECK(*value_of(streams.console, "text") == "text");
  CHECK(*value_of(streams.console, "") == "");
  const Status status = value_of(streams.console, "@/no/such/file").status();
  CHECK(status ==
        Status(StatusCode::Usage, "cannot read '/no/such/file': No such file or directory"));
}

TEST_CASE("Console: no more is read than it takes to refuse it") {
  std::istringstream in(std::string(kValueBytesMax + (1U << 20U), 'v'));
  const std::string value = read_value(in);
  CHECK(value.size() > kValueBytesMax);
  CHECK(value.size() < kValueBytesMax + (1U << 20U));
}

}  // namespace
}  // namespace starling::cli
