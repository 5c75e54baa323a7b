#pragma once

// WireType<Message>: which table and which frame type stand for a message. Every message has one
// specialisation beside its two functions, write_table and read_table; codec.cc goes through the
// variants of message/ and so can not forget one.

#include "wire/frame.h"

namespace starling {

template <typename TableType, FrameType kType>
struct WireEntry {
  using Table = TableType;
  static constexpr FrameType kFrameType = kType;
};

template <typename Message>
struct WireType;

}  // namespace starling
