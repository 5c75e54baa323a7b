#pragma once

// The end-to-end checksums of values. On the way in: made by the client of a put, verified by the
// node that it asks and where the write is minted (of a delete: made where its tombstone is, of the
// empty value); there the value gets its hash (version/sibling_set.h), which from then on goes
// wherever the value goes: into records, deltas and repairs. On the way out: made by the
// coordinator of a get from those hashes, never from the values that it has in hand, and verified
// by the client against the values that arrived. So a byte that changed anywhere between the mint
// and the reader is noticed. They cover the key as well, so that a value can not be taken for
// another key's. For accidents, not for attackers.

#include <cstdint>
#include <span>
#include <string_view>

#include "message/client_messages.h"
#include "version/sibling_set.h"

namespace starling {

// Of ClientPut: the key, then the content type, then the value.
[[nodiscard]] std::uint64_t checksum_of(std::string_view key, std::string_view content_type,
                                        std::string_view value);
// Of GetReply, as the coordinator makes it: the key, then the hash of every live value in order.
[[nodiscard]] std::uint64_t checksum_of(std::string_view key, std::span<const Sibling> siblings);
// The same, as the client verifies it: the hashes are made anew from what arrived.
[[nodiscard]] std::uint64_t checksum_of(std::string_view key,
                                        std::span<const SiblingReply> siblings);

}  // namespace starling
