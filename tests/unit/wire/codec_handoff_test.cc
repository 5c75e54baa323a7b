#include "wire/codec_handoff.h"

#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "message/peer_messages.h"
#include "table_bytes.h"

namespace starling {
namespace {

std::string refusal_of_census(const std::vector<wire::HintCountItem>& items) {
  Builder builder;
  const auto counts = write_structs(builder, items);
  return refusal_of(FrameType::WorkCensusReply, builder,
                    wire::CreateWorkCensusReply(builder, 1, true, counts));
}

TEST_CASE("codec_handoff: a census names each home once, in order") {
  CHECK(refusal_of_census({wire::HintCountItem(1, 5, 5, 5), wire::HintCountItem(2, 5, 5, 5)}) ==
        "");
  CHECK(refusal_of_census({wire::HintCountItem(2, 5, 5, 5), wire::HintCountItem(2, 5, 5, 5)}) ==
        "WorkCensusReply: counts: not in order");
}

TEST_CASE("codec_handoff: a census of more homes than a cluster has is refused") {
  std::vector<wire::HintCountItem> items;
  for (std::uint64_t home = 0; home < kHintCountsMax; ++home) items.emplace_back(home, 1, 1, 1);
  CHECK(refusal_of_census(items) == "");
  items.emplace_back(kHintCountsMax, 1, 1, 1);
  CHECK(refusal_of_census(items) == "WorkCensusReply: counts: too many");
}

TEST_CASE("codec_handoff: unknown outcomes and standings are refused") {
  Builder reply;
  CHECK(refusal_of(FrameType::HintHandoffReply, reply, wire::CreateHintHandoffReply(reply, 1, 5)) ==
        "HintHandoffReply: outcome: unknown value");
  Builder kept;
  CHECK(refusal_of(FrameType::HintWriteReply, kept, wire::CreateHintWriteReply(kept, 1, 0, 7)) ==
        "HintWriteReply: outcome: unknown value");
  Builder write;
  const auto versions = write_record(write, SiblingSet());
  const auto key = write_required_bytes(write, "k");
  const auto bucket = write_required_text(write, "b");
  const wire::Envelope envelope;
  CHECK(refusal_of(FrameType::HintWrite, write,
                   wire::CreateHintWrite(write, &envelope, 0, 2, bucket, key, versions)) ==
        "HintWrite: standing: unknown value");
}

}  // namespace
}  // namespace starling
