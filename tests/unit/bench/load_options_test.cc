#include "bench/load_options.h"

#include <functional>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "bench/workload.h"

namespace starling::bench {
namespace {

std::string refusal(const std::function<void(LoadOptions&)>& change) {
  LoadOptions options{.workload = *workload_of("a")};
  change(options);
  const Status status = check(options);
  CHECK(
      (status.ok() || status.code() == StatusCode::Usage || status.code() == StatusCode::TooLarge));
  return status.message();
}

TEST_CASE("LoadOptions: the defaults can be honoured") {
  CHECK(refusal([](LoadOptions&) {}).empty());
  CHECK(refusal([](LoadOptions& o) { o.rate = 0.5; }).empty());
}

TEST_CASE("LoadOptions: what can not be honoured is named") {
  CHECK(refusal([](LoadOptions& o) { o.clients = 0; }).starts_with("--clients"));
  CHECK(refusal([](LoadOptions& o) { o.clients = 1001; }).starts_with("--clients"));
  CHECK(refusal([](LoadOptions& o) { o.pipeline = 0; }).starts_with("--pipeline"));
  CHECK(refusal([](LoadOptions& o) { o.pipeline = 4097; }).starts_with("--pipeline"));
  CHECK(
      refusal([](LoadOptions& o) { o.value_size = (16U << 20U) + 1; }).starts_with("--value-size"));
  CHECK(refusal([](LoadOptions& o) {
          o.duration = std::chrono::seconds(0);
        }).starts_with("--duration"));
  CHECK(refusal([](LoadOptions& o) { o.duration.reset(); }).starts_with("--duration"));
  CHECK(refusal([](LoadOptions& o) { o.operations = 0; }).starts_with("--ops"));
  CHECK(refusal([](LoadOptions& o) { o.records = kRecordsMax + 1; }).starts_with("--records"));
  CHECK_FALSE(refusal([](LoadOptions& o) { o.bucket = "a/b"; }).empty());
}

TEST_CASE("LoadOptions: a rate is a number of operations a second") {
  for (const double rate : {0.0, -1.0, 1e9, std::numeric_limits<double>::quiet_NaN(),
                            std::numeric_limits<double>::infinity()}) {
    CAPTURE(rate);
    CHECK(refusal([&](LoadOptions& o) { o.rate = rate; }).starts_with("--rate"));
  }
}

TEST_CASE("LoadOptions: all clients together have a bound") {
  CHECK(refusal([](LoadOptions& o) {
          o.clients = 1000;
          o.pipeline = 4096;
        }).find("4096000") != std::string::npos);
}

TEST_CASE("LoadOptions: every place of every pipeline needs a record of its own, but for inserts") {
  const auto few = [](LoadOptions& o) { o.records = 15; };
  CHECK(refusal(few).starts_with("--records 15: 16 clients"));
  CHECK(refusal([&](LoadOptions& o) {
          few(o);
          o.workload = *workload_of("insert");
        }).empty());
}

}  // namespace
}  // namespace starling::bench
