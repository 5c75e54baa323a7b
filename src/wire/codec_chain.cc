#include "wire/codec_chain.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <flatbuffers/buffer.h>

#include "starling/result.h"

#include "base/ids.h"
#include "chain_generated.h"
#include "common_generated.h"
#include "message/chain_messages.h"
#include "ring/configuration_codec.h"
#include "ring/evidence_codec.h"
#include "ring/succession.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"

namespace starling {
namespace {

// The order of ChainMessage.
enum class Kind : std::uint8_t { Prepare, Promise, Accept, Accepted, Reject, Decided, Fetch };

wire::Ballot wire_ballot(const Ballot& ballot) {
  return {ballot.counter, ballot.node.value, ballot.incarnation.value};
}

// All fields of a table, empty where a kind has none.
struct Fields {
  Kind kind = Kind::Prepare;
  Epoch epoch;
  std::optional<Ballot> ballot;
  std::optional<Ballot> other_ballot;
  std::optional<StoreId> store;
  std::string_view configuration;
  std::string evidence;
};

struct FieldsOf {
  Fields operator()(const ChainPrepare& m) const {
    return {.kind = Kind::Prepare, .epoch = m.epoch, .ballot = m.ballot};
  }
  Fields operator()(const ChainPromise& m) const {
    Fields fields{.kind = Kind::Promise, .epoch = m.epoch, .ballot = m.ballot, .store = m.store};
    if (m.accepted) {
      fields.other_ballot = m.accepted->ballot;
      fields.configuration = m.accepted->value.configuration;
      fields.evidence = encode_evidence(m.accepted->value.evidence);
    }
    return fields;
  }
  Fields operator()(const ChainAccept& m) const {
    return {.kind = Kind::Accept,
            .epoch = m.epoch,
            .ballot = m.ballot,
            .configuration = m.value.configuration,
            .evidence = encode_evidence(m.value.evidence)};
  }
  Fields operator()(const ChainAccepted& m) const {
    return {.kind = Kind::Accepted, .epoch = m.epoch, .ballot = m.ballot, .store = m.store};
  }
  Fields operator()(const ChainReject& m) const {
    return {.kind = Kind::Reject, .epoch = m.epoch, .ballot = m.ballot, .other_ballot = m.promised};
  }
  Fields operator()(const ChainDecided& m) const {
    return {.kind = Kind::Decided, .configuration = m.configuration};
  }
  Fields operator()(const ChainFetch& m) const {
    return {.kind = Kind::Fetch, .epoch = m.adopted, .store = m.store};
  }
};

Ballot ballot_of(FieldReader& reader, const wire::Ballot* ballot, std::string_view field) {
  reader.require(ballot != nullptr, field, "missing");
  if (ballot == nullptr) return {};
  reader.require(ballot->counter() > 0 && ballot->counter() <= kBallotCounterMax, field,
                 "a counter out of bounds");
  return {.counter = ballot->counter(),
          .node = NodeId{ballot->node()},
          .incarnation = Incarnation{ballot->incarnation()}};
}

StoreId store_of(FieldReader& reader, const wire::Hash* store) {
  reader.require(store != nullptr, "store", "missing");
  return store == nullptr ? StoreId{} : StoreId{hash_of(*store)};
}

std::string configuration_of(FieldReader& reader, const Bytes* bytes) {
  reader.require(bytes != nullptr && bytes->size() > 0, "configuration", "missing");
  return reader.bytes(bytes, kConfigurationBytesMax, "configuration");
}

ChainValue value_of(FieldReader& reader, const wire::ChainLetter& table) {
  ChainValue value{.configuration = configuration_of(reader, table.configuration()),
                   .evidence = {}};
  Result<ProposalEvidence> evidence =
      decode_evidence(reader.bytes(table.evidence(), kEvidenceBytesMax, "evidence"));
  reader.require(evidence.ok(), "evidence", "not readable");
  if (evidence.ok()) value.evidence = std::move(*evidence);
  return value;
}

std::optional<AcceptedValue> accepted_of(FieldReader& reader, const wire::ChainLetter& table) {
  if (table.other_ballot() == nullptr) return std::nullopt;
  const Ballot ballot = ballot_of(reader, table.other_ballot(), "other_ballot");
  return AcceptedValue{.ballot = ballot, .value = value_of(reader, table)};
}

ChainMessage message_of(FieldReader& reader, const wire::ChainLetter& table) {
  const Epoch epoch{table.epoch()};
  const Kind kind = reader.enumerator(table.kind(), Kind::Fetch, "kind");
  if (kind == Kind::Fetch) {
    return ChainFetch{.adopted = epoch, .store = store_of(reader, table.store())};
  }
  if (kind == Kind::Decided) return ChainDecided{configuration_of(reader, table.configuration())};
  const Ballot ballot = ballot_of(reader, table.ballot(), "ballot");
  switch (kind) {
    case Kind::Promise:
      return ChainPromise{.epoch = epoch,
                          .ballot = ballot,
                          .store = store_of(reader, table.store()),
                          .accepted = accepted_of(reader, table)};
    case Kind::Accept:
      return ChainAccept{.epoch = epoch, .ballot = ballot, .value = value_of(reader, table)};
    case Kind::Accepted:
      return ChainAccepted{
          .epoch = epoch, .ballot = ballot, .store = store_of(reader, table.store())};
    case Kind::Reject:
      return ChainReject{.epoch = epoch,
                         .ballot = ballot,
                         .promised = ballot_of(reader, table.other_ballot(), "other_ballot")};
    default:
      return ChainPrepare{.epoch = epoch, .ballot = ballot};
  }
}

}  // namespace

flatbuffers::Offset<wire::ChainLetter> write_table(Builder& builder, const ChainLetter& letter) {
  const Fields fields = std::visit(FieldsOf{}, letter.message);
  const BytesOffset configuration = write_bytes(builder, fields.configuration);
  const BytesOffset evidence = write_bytes(builder, fields.evidence);
  const wire::Ballot ballot = wire_ballot(fields.ballot.value_or(Ballot{}));
  const wire::Ballot other = wire_ballot(fields.other_ballot.value_or(Ballot{}));
  const wire::Hash store = wire_hash(fields.store.value_or(StoreId{}).value);
  return wire::CreateChainLetter(builder, static_cast<std::uint8_t>(fields.kind),
                                 fields.epoch.value, fields.ballot ? &ballot : nullptr,
                                 fields.other_ballot ? &other : nullptr,
                                 fields.store ? &store : nullptr, configuration, evidence);
}

ChainLetter read_table(FieldReader& reader, const wire::ChainLetter& table) {
  return {.message = message_of(reader, table)};
}

}  // namespace starling
