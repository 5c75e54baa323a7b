#pragma once

// What holds for every frame's body, and how a body gets past the checksums that stand before it.

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/codec.h"
#include "wire/frame.h"

namespace starling::fuzz {

// The frame of this type with this body under checksums that fit. The body is filled up to a
// multiple of 8, cut to what its type may have, and the hashes of the values in it are made right.
[[nodiscard]] std::string sealed_frame(FrameType type, std::string body);

// Gives every frame of the stream checksums that fit. The rest of each header stays as it is, but
// the request's number, where `requests` is not 0: it becomes one below that.
void seal_stream(std::string& stream, std::uint64_t requests = 0);

// Decodes, and aborts unless: a refusal is Corruption; a message that comes out can be encoded and
// decoded to the same, and encodes to the same bytes again; and memory was taken in proportion.
// Returns what was decoded.
Result<Frame> check_body(const FrameHeader& header, std::string_view body);

}  // namespace starling::fuzz
