#pragma once

// What a caller's arguments are as requests. Each is checked first (checks.h): an error was found
// before anything was sent.

#include <cstdint>
#include <string_view>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/result.h"

#include "base/ids.h"
#include "message/client_messages.h"

namespace starling {

[[nodiscard]] Result<ClientRequestBody> put_request(const PutItem& item,
                                                    const WriteOptions& options, RequestId id);
[[nodiscard]] Result<ClientRequestBody> get_request(const KeyRef& key, const ReadOptions& options);
[[nodiscard]] Result<ClientRequestBody> remove_request(const KeyRef& key,
                                                       const DeleteOptions& options, RequestId id);
[[nodiscard]] Result<ClientRequestBody> keys_request(std::string_view bucket,
                                                     const KeysOptions& options);

}  // namespace starling
