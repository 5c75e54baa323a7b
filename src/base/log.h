#pragma once

// Log: where a component says what people should know. An interface, because the daemon writes to
// standard error while a simulated node's lines go into its timeline.

#include <cstdint>
#include <memory>
#include <string_view>

#include "starling/result.h"

namespace starling {

enum class LogLevel : std::uint8_t { Trace, Debug, Info, Warning, Error };

class Log {
 public:
  Log() = default;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  Log(Log&&) = delete;
  Log& operator=(Log&&) = delete;
  virtual ~Log() = default;

  virtual void write(LogLevel level, std::string_view text) = 0;

  void debug(std::string_view text) { write(LogLevel::Debug, text); }
  void info(std::string_view text) { write(LogLevel::Info, text); }
  void warning(std::string_view text) { write(LogLevel::Warning, text); }
  void error(std::string_view text) { write(LogLevel::Error, text); }
};

// Drops everything.
class NullLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view /*text*/) override {}
};

// Lines with time and level on standard error, for threads of any number.
[[nodiscard]] std::unique_ptr<Log> make_standard_error_log(LogLevel lowest);
// "trace", "debug", "info", "warning" or "error"; a Usage error names the others.
[[nodiscard]] Result<LogLevel> log_level_of(std::string_view name);

}  // namespace starling
