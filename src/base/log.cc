#include "base/log.h"

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include <spdlog/common.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "starling/result.h"
#include "starling/status.h"

namespace starling {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::Trace:
      return spdlog::level::trace;
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warning:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

class StandardErrorLog final : public Log {
 public:
  explicit StandardErrorLog(LogLevel lowest)
      : logger_("starling", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_level(spdlog_level(lowest));
    logger_.set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    logger_.flush_on(spdlog::level::trace);
  }

  void write(LogLevel level, std::string_view text) override {
    logger_.log(spdlog_level(level), "{}", text);
  }

 private:
  spdlog::logger logger_;
};

}  // namespace

std::unique_ptr<Log> make_standard_error_log(LogLevel lowest) {
  return std::make_unique<StandardErrorLog>(lowest);
}

Result<LogLevel> log_level_of(std::string_view name) {
  struct Named {
    std::string_view name;
    LogLevel level;
  };
  constexpr std::array<Named, 5> kLevels{{{"trace", LogLevel::Trace},
                                          {"debug", LogLevel::Debug},
                                          {"info", LogLevel::Info},
                                          {"warning", LogLevel::Warning},
                                          {"error", LogLevel::Error}}};
  for (const Named& known : kLevels) {
    if (known.name == name) return known.level;
  }
  return Status(StatusCode::Usage, "unknown log level '" + std::string(name) +
                                       "': use trace, debug, info, warning or error");
}

}  // namespace starling
