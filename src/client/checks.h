#pragma once

// What a client refuses before it sends anything: arguments that no server could honour.

#include <chrono>
#include <string_view>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/status.h"

namespace starling {

// Each is ok, or a Usage error (TooLarge for the value) that names the argument.
[[nodiscard]] Status check_get(std::string_view bucket, std::string_view key,
                               const ReadOptions& options);
[[nodiscard]] Status check_put(std::string_view bucket, std::string_view key,
                               std::string_view value, const WriteOptions& options);
[[nodiscard]] Status check_remove(std::string_view bucket, std::string_view key,
                                  const DeleteOptions& options);
[[nodiscard]] Status check_keys(std::string_view bucket, const KeysOptions& options);
// BadContext when no read can have returned it.
[[nodiscard]] Status check_context(std::string_view context);
[[nodiscard]] Status check_timeout(std::chrono::milliseconds timeout);

}  // namespace starling
