#include "wire/codec_change.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <flatbuffers/base.h>
#include <flatbuffers/buffer.h>
#include <flatbuffers/string.h>
#include <flatbuffers/vector.h>

#include "admin_generated.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "common_generated.h"
#include "message/client_messages.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"

namespace starling {
namespace {

// What `bytes` says where nobody knows.
constexpr std::uint64_t kUnknown = 0xFFFFFFFFFFFFFFFF;

using Lines = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

flatbuffers::Offset<Lines> write_lines(Builder& builder, const std::vector<std::string>& lines) {
  std::vector<TextOffset> offsets;
  offsets.reserve(lines.size());
  for (const std::string& line : lines) {
    offsets.push_back(
        write_required_text(builder, std::string_view(line).substr(0, kMessageBytesMax)));
  }
  return builder.CreateVector(offsets);
}

std::vector<std::string> read_lines(FieldReader& reader, const Lines* lines,
                                    std::string_view field) {
  std::vector<std::string> read;
  if (lines == nullptr) return read;
  reader.require(lines->size() <= kChangeLinesMax, field, "too many");
  for (flatbuffers::uoffset_t index = 0; !reader.failed() && index < lines->size(); ++index) {
    read.push_back(reader.text(lines->Get(index), kMessageBytesMax, field));
  }
  return read;
}

std::vector<MemberSlotsReply> read_slots(FieldReader& reader,
                                         const wire::ClusterChangeReply& table) {
  std::vector<MemberSlotsReply> slots;
  if (table.slots() == nullptr) return slots;
  reader.require(table.slots()->size() <= kChangeLinesMax, "slots", "too many");
  for (const wire::MemberSlotsReply* const member : *table.slots()) {
    if (reader.failed()) return {};
    slots.push_back({.name = reader.text(member->name(), kNameBytesMax, "name"),
                     .before = member->before(),
                     .after = member->after()});
    reader.require(!slots.back().name.empty(), "name", "empty");
  }
  return slots;
}

}  // namespace

flatbuffers::Offset<wire::ClientClusterChange> write_table(Builder& builder,
                                                           const ClientClusterChange& request,
                                                           Duration remaining) {
  const ChangeOrder& order = request.order;
  const TextOffset member = write_text(builder, order.member);
  const TextOffset name = write_text(builder, order.newcomer.name);
  const TextOffset address = write_text(builder, order.newcomer.address);
  const TextOffset zone = write_text(builder, order.newcomer.zone);
  const TextOffset cluster = write_text(builder, order.newcomer.cluster);
  const wire::Hash store = wire_hash(order.newcomer.store);
  const wire::Hash secret = wire_hash(order.newcomer.secret);
  return wire::CreateClientClusterChange(
      builder, remaining.count(), static_cast<std::uint8_t>(order.verb), member, order.plan, name,
      address, zone, &store, order.newcomer.partitions, cluster, &secret);
}

ClientClusterChange read_table(FieldReader& reader, const wire::ClientClusterChange& table) {
  return {.order = {
              .verb = reader.enumerator(table.verb(), ChangeVerb::Replace, "verb"),
              .member = reader.text(table.member(), kNameBytesMax, "member"),
              .plan = table.plan(),
              .newcomer = {
                  .name = reader.text(table.newcomer_name(), kNameBytesMax, "name"),
                  .cluster = reader.text(table.newcomer_cluster(), kNameBytesMax, "cluster"),
                  .address = reader.text(table.newcomer_address(), kNameBytesMax, "address"),
                  .zone = reader.text(table.newcomer_zone(), kNameBytesMax, "zone"),
                  .store = table.newcomer_store() == nullptr ? Hash128{}
                                                             : hash_of(*table.newcomer_store()),
                  .secret = table.newcomer_secret() == nullptr ? Hash128{}
                                                               : hash_of(*table.newcomer_secret()),
                  .partitions = table.newcomer_partitions()}}};
}

flatbuffers::Offset<wire::ClusterChangeReply> write_table(Builder& builder,
                                                          const ClusterChangeReply& reply) {
  std::vector<flatbuffers::Offset<wire::MemberSlotsReply>> slots;
  slots.reserve(reply.slots.size());
  for (const MemberSlotsReply& member : reply.slots) {
    const TextOffset name = write_text(builder, member.name);
    slots.push_back(wire::CreateMemberSlotsReply(builder, name, member.before, member.after));
  }
  const auto changes = write_lines(builder, reply.changes);
  const auto slots_offset = builder.CreateVector(slots);
  const auto warnings = write_lines(builder, reply.warnings);
  const auto under_way = write_lines(builder, reply.under_way);
  return wire::CreateClusterChangeReply(builder, static_cast<std::uint8_t>(reply.verb), reply.plan,
                                        reply.epoch.value, changes, reply.moves, reply.moves_least,
                                        reply.bytes.value_or(kUnknown), slots_offset, warnings,
                                        under_way);
}

ClusterChangeReply read_table(FieldReader& reader, const wire::ClusterChangeReply& table) {
  ClusterChangeReply reply;
  reply.verb = reader.enumerator(table.verb(), ChangeVerb::Replace, "verb");
  reply.plan = table.plan();
  reply.epoch = Epoch{table.epoch()};
  reply.changes = read_lines(reader, table.changes(), "changes");
  reply.moves = table.moves();
  reply.moves_least = table.moves_least();
  if (table.bytes() != kUnknown) reply.bytes = table.bytes();
  reply.slots = read_slots(reader, table);
  reply.warnings = read_lines(reader, table.warnings(), "warnings");
  reply.under_way = read_lines(reader, table.under_way(), "under way");
  return reply;
}

}  // namespace starling
