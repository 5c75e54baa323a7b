#include "ring/evidence_codec.h"

#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/bytes.h"
#include "base/ids.h"
#include "ring/succession.h"
#include "support/configurations.h"

namespace starling {
namespace {

ProposalEvidence evidence_of_all_kinds() {
  ProposalEvidence evidence;
  evidence.adoptions.push_back(
      {.store = store_numbered(1), .adoption = {.node = NodeId{2}, .epoch = Epoch{300}}});
  evidence.fillings.push_back(
      {.partition = PartitionId{0x0102},
       .sink_store = store_numbered(3),
       .source_store = store_numbered(4),
       .filling = {.sink = NodeId{5}, .source = NodeId{6}, .epoch = Epoch{7}}});
  evidence.losses_accepted = {PartitionId{8}, PartitionId{9}};
  return evidence;
}

TEST_CASE("Evidence codec: what was written is read") {
  const auto decoded = decode_evidence(encode_evidence(evidence_of_all_kinds()));
  REQUIRE(decoded.ok());
  CHECK(*decoded == evidence_of_all_kinds());
  const auto nothing = decode_evidence(encode_evidence({}));
  REQUIRE(nothing.ok());
  CHECK(*nothing == ProposalEvidence{});
}

TEST_CASE("Evidence codec: the bytes are these") {
  CHECK(to_hex(encode_evidence({})) == "000000");
  CHECK(to_hex(encode_evidence(evidence_of_all_kinds())) ==
        "01"
        "00000000000000000100000000000000"
        "0200000000000000"
        "ac02"
        "01"
        "0201"
        "00000000000000000300000000000000"
        "00000000000000000400000000000000"
        "0500000000000000"
        "0600000000000000"
        "07"
        "02"
        "0800"
        "0900");
}

TEST_CASE("Evidence codec: fewer bytes, or more, are refused") {
  const std::string bytes = encode_evidence(evidence_of_all_kinds());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    CHECK(decode_evidence(bytes.substr(0, size)).status().code() == StatusCode::Corruption);
  }
  CHECK(decode_evidence(bytes + '\0').status().code() == StatusCode::Corruption);
}

TEST_CASE("Evidence codec: a count that the bytes can not hold is refused before it is believed") {
  ByteWriter writer;
  writer.varint(std::uint64_t{1} << 60U);
  writer.raw(std::string(100, '\0'));
  CHECK(decode_evidence(writer.bytes()).status().code() == StatusCode::Corruption);
}

}  // namespace
}  // namespace starling
