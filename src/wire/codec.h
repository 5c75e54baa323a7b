#pragma once

// The codec: messages to whole frames, and back. Every other file of this folder but frame.h and
// frame_assembler.h is its inside. Decoding trusts nothing: checksum, FlatBuffers verifier with
// small limits, then lengths, ranges and order of every field; a message that comes out is one that
// could have been encoded.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "starling/result.h"

#include "message/client_messages.h"
#include "message/hello.h"
#include "message/peer_messages.h"
#include "wire/frame.h"

namespace starling {

struct Frame {
  std::uint64_t request = 0;
  std::variant<Hello, PeerMessage, ClientRequest, ClientReply> message;
  friend bool operator==(const Frame&, const Frame&) = default;
};

// What a frame holds, known before its body is decoded: who may send it follows from that.
enum class FrameKind : std::uint8_t { Greeting, Peer, Request, Reply };
[[nodiscard]] FrameKind kind_of(FrameType type);

// Whole frames, header included. Empty where the message is larger than its frame may be, which
// only a record can be that nobody asked fits_a_message about: a fault of the sender, to be said
// aloud. A reply of that size becomes an ErrorReply that says so. Overlong
// texts for people (errors, refusals) are cut; the values of scan entries are left out.
[[nodiscard]] std::string encode(const Hello& hello);
[[nodiscard]] std::string encode(const PeerMessage& message);
[[nodiscard]] std::string encode(std::uint64_t request, const ClientRequest& message);
[[nodiscard]] std::string encode(std::uint64_t request, const ClientReply& message);

// `header` comes from parse_frame_header, `body` is all of the frame's body; one that is not
// aligned to 8 bytes is copied first. Corruption names the message and the field.
[[nodiscard]] Result<Frame> decode(const FrameHeader& header, std::string_view body);

}  // namespace starling
