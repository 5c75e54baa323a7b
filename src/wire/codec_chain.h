#pragma once

// The letters by which members agree on the next configuration. A configuration stays bytes here:
// whoever needs it decodes it (ring/configuration_codec.h), and most who get one have it already.

#include <cstdint>

#include "chain_generated.h"
#include "message/chain_messages.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"
#include "wire/frame.h"
#include "wire/wire_type.h"

namespace starling {

// No proposer comes near it: a thousand ballots a second for 8,000 years. So the one behind any
// that is heard of is a number as well.
inline constexpr std::uint64_t kBallotCounterMax = std::uint64_t{1} << 48U;

template <>
struct WireType<ChainLetter> : WireEntry<wire::ChainLetter, FrameType::ChainLetter> {};

flatbuffers::Offset<wire::ChainLetter> write_table(Builder& builder, const ChainLetter& letter);
ChainLetter read_table(FieldReader& reader, const wire::ChainLetter& table);

}  // namespace starling
