#pragma once

// Polling: asking the cluster again and again until something is over, with a clock that tests can
// turn.

#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "starling/result.h"

#include "cli/console.h"

namespace starling::cli {

// Often enough for people, and a message to each member only.
inline constexpr std::chrono::milliseconds kPollingPause{200};

// The world of one wait: how to ask, with how much patience, and how time passes.
template <typename Answer>
struct Polling {
  std::function<Result<Answer>(std::chrono::milliseconds timeout)> ask;
  std::function<std::chrono::milliseconds()> elapsed;
  std::function<void(std::chrono::milliseconds)> sleep;
  std::function<bool()> is_interrupted;

  [[nodiscard]] bool interrupted() const { return is_interrupted && is_interrupted(); }
};

// With real time.
template <typename Answer>
[[nodiscard]] Polling<Answer> real_polling(
    std::function<Result<Answer>(std::chrono::milliseconds timeout)> ask, const Console& console) {
  const auto begun = std::chrono::steady_clock::now();
  return {.ask = std::move(ask),
          .elapsed =
              [begun] {
                return std::chrono::duration_cast<std::chrono::milliseconds>(
                    std::chrono::steady_clock::now() - begun);
              },
          .sleep = [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); },
          .is_interrupted = console.is_interrupted};
}

}  // namespace starling::cli
