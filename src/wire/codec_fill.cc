#include "wire/codec_fill.h"

#include <cstdint>
#include <optional>

#include <flatbuffers/buffer.h>

#include "base/ids.h"
#include "common_generated.h"
#include "message/fill_messages.h"
#include "peer_generated.h"
#include "ring/token.h"
#include "wire/codec_peer.h"
#include "wire/codec_repair.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"

namespace starling {

flatbuffers::Offset<wire::FillRead> write_table(Builder& builder, const FillRead& read) {
  const wire::Envelope envelope = wire_envelope(read.envelope);
  const wire::Hash store = wire_hash(read.source_store.value);
  return wire::CreateFillRead(builder, &envelope, &store, read.after.has_value(),
                              read.after.value_or(Token{}).value, read.tokens_max);
}

FillRead read_table(FieldReader& reader, const wire::FillRead& table) {
  FillRead read;
  read.envelope = read_envelope(reader, *table.envelope());
  read.source_store = StoreId{hash_of(*table.source_store())};
  if (table.has_after()) read.after = Token{table.after()};
  read.tokens_max = table.tokens_max();
  reader.require(read.tokens_max > 0, "tokens_max", "none");
  return read;
}

flatbuffers::Offset<wire::FillPage> write_table(Builder& builder, const FillPage& page) {
  const auto records = write_keyed_records(builder, page.records);
  return wire::CreateFillPage(builder, page.operation.value, page.epoch.value,
                              static_cast<std::uint8_t>(page.outcome), page.again_ms, records,
                              page.through.has_value(), page.through.value_or(Token{}).value);
}

FillPage read_table(FieldReader& reader, const wire::FillPage& table) {
  FillPage page{.operation = OperationId{table.operation()},
                .epoch = Epoch{table.epoch()},
                .outcome = reader.enumerator(table.outcome(), FillOutcome::Damaged, "outcome"),
                .again_ms = table.again_ms()};
  page.records = read_keyed_records(reader, table.records());
  if (table.stopped()) page.through = Token{table.through()};
  return page;
}

}  // namespace starling
