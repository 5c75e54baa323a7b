#pragma once

// Hand-made tables: what a hostile or broken sender could put under a checksum that fits.

#include <string>
#include <string_view>

#include "base/hash.h"
#include "wire/codec.h"
#include "wire/field_writer.h"
#include "wire/frame.h"

namespace starling {

// Decodes the table as the body of a frame of this type; the message of the refusal, or "".
template <typename Table>
std::string refusal_of(FrameType type, Builder& builder, flatbuffers::Offset<Table> root) {
  builder.Finish(root);
  std::string body(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
  body.resize((body.size() + 7) / 8 * 8);
  const FrameHeader header{.type = type,
                           .body_bytes = static_cast<std::uint32_t>(body.size()),
                           .body_checksum = hash64(body)};
  return decode(header, body).status().message();
}

}  // namespace starling
