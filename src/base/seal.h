#pragma once

// The seal of a small entry of the store (identity, hint, leaf sum): a checksum behind the payload
// that covers the entry's own store key as well, like a record's. What fails it is damaged, never
// absent.

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace starling {

// What was written so far, and its checksum.
[[nodiscard]] std::string sealed(std::string_view store_key, ByteWriter payload);
// The payload, if its checksum holds; it lives in `bytes`.
[[nodiscard]] std::optional<std::string_view> unsealed(std::string_view store_key,
                                                       std::string_view bytes);

}  // namespace starling
