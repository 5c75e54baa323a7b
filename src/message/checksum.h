#pragma once

// The end-to-end checksums of values: made by the client of a put and verified where it is minted
// (of a delete: made where its tombstone is, of the empty value), made by the coordinator of a get
// and verified by the client. They cover the key as well, so that a value can not be taken for
// another key's. For accidents, not for attackers.

#include <cstdint>
#include <span>
#include <string_view>

#include "message/client_messages.h"

namespace starling {

// Of ClientPut: the key, then the value.
[[nodiscard]] std::uint64_t checksum_of(std::string_view key, std::string_view value);
// Of GetReply: the key, then every sibling's value in order.
[[nodiscard]] std::uint64_t checksum_of(std::string_view key,
                                        std::span<const SiblingReply> siblings);

}  // namespace starling
