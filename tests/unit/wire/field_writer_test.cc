#include "wire/field_writer.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "wire/field_reader.h"

namespace starling {
namespace {

TEST_CASE("field_writer: what is empty is absent, unless it is required") {
  Builder builder;
  CHECK(write_text(builder, "").IsNull());
  CHECK(write_bytes(builder, "").IsNull());
  CHECK(write_structs<wire::Event>(builder, {}).IsNull());
  CHECK_FALSE(write_required_text(builder, "").IsNull());
  CHECK_FALSE(write_required_bytes(builder, "").IsNull());
}

TEST_CASE("field_writer: a long text for people is cut") {
  Builder builder;
  const TextOffset text = write_cut_text(builder, "0123456789", 4);
  CHECK(flatbuffers::GetTemporaryPointer(builder, text)->str() == "0123");
}

TEST_CASE("field_writer: every level survives") {
  for (const Level& level : {Level::none(), Level::count(9), Level::one(), Level::two(),
                             Level::three(), Level::quorum(), Level::all()}) {
    FieldReader reader(0);
    CHECK(reader.level(wire_level(level)) == level);
    CHECK_FALSE(reader.failed());
  }
}

TEST_CASE("field_writer: a clock's columns may be there although empty") {
  Builder builder;
  const ClockOffsets omitted = write_clock_columns(builder, VectorClock());
  CHECK(omitted.prefix.IsNull());
  const ClockOffsets written = write_clock_columns(builder, VectorClock(), EmptyColumns::Write);
  CHECK_FALSE(written.prefix.IsNull());
  CHECK_FALSE(written.cloud.IsNull());
}

}  // namespace
}  // namespace starling
