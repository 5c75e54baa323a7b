#include "cli/bench_words.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "bench/workload.h"

namespace starling::cli {
namespace {

std::string refusal_of(const BenchWords& words) {
  const auto options = load_options_of(words);
  CHECK_FALSE(options.ok());
  CHECK(exit_code_of(options.status().code()) == 2);
  return options.status().message();
}

TEST_CASE("BenchWords: it runs for ten seconds, or until its operations are done") {
  CHECK(load_options_of({})->duration == std::chrono::seconds(10));
  CHECK_FALSE(load_options_of({.operations = 5})->duration.has_value());
  const auto both = load_options_of({.duration = "3s", .operations = 5});
  CHECK(both->duration == std::chrono::seconds(3));
  CHECK(both->operations == 5);
}

TEST_CASE("BenchWords: a workload has a distribution of its own until one is named") {
  using bench::Distribution;
  CHECK(load_options_of({.workload = "a"})->workload.distribution == Distribution::Zipfian);
  CHECK(load_options_of({.workload = "d"})->workload.distribution == Distribution::Latest);
  CHECK(load_options_of({.workload = "put"})->workload.distribution == Distribution::Uniform);
  CHECK(load_options_of({.workload = "a", .distribution = "uniform"})->workload.distribution ==
        Distribution::Uniform);
}

TEST_CASE("BenchWords: sizes have units") {
  CHECK(load_options_of({.value_size = "4KiB"})->value_size == 4096);
}

TEST_CASE("BenchWords: what is wrong is named by its option") {
  CHECK(refusal_of({.workload = "e"}).starts_with("--workload: unknown workload 'e'"));
  CHECK(refusal_of({.distribution = "normal"}).starts_with("--distribution 'normal'"));
  CHECK(refusal_of({.value_size = "large"}).starts_with("--value-size: "));
  CHECK(refusal_of({.value_size = "17MiB"}).starts_with("--value-size is"));
  CHECK(refusal_of({.duration = "10"}).starts_with("--duration: "));
  CHECK(refusal_of({.duration = "0"}).starts_with("--duration is"));
  CHECK(refusal_of({.rate = 0.0}).starts_with("--rate is"));
  CHECK(refusal_of({.bucket = "a/b"}).find("a/b") != std::string::npos);
}

}  // namespace
}  // namespace starling::cli
