#include "base/log.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace starling {
namespace {

class RecordingLog final : public Log {
 public:
  void write(LogLevel level, std::string_view text) override {
    levels.push_back(level);
    texts.emplace_back(text);
  }

  std::vector<LogLevel> levels;
  std::vector<std::string> texts;
};

TEST_CASE("Log: each named method writes at its own level") {
  RecordingLog log;
  log.debug("a");
  log.info("b");
  log.warning("c");
  log.error("d");
  CHECK(log.levels ==
        std::vector<LogLevel>{LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error});
  CHECK(log.texts == std::vector<std::string>{"a", "b", "c", "d"});
}

TEST_CASE("Log: a level is known by its name, an unknown one is refused with the choices") {
  CHECK(log_level_of("trace").value() == LogLevel::Trace);
  CHECK(log_level_of("warning").value() == LogLevel::Warning);
  const auto refused = log_level_of("loud");
  CHECK_FALSE(refused.ok());
  CHECK(refused.status().message().find("use trace, debug") != std::string::npos);
}

}  // namespace
}  // namespace starling
