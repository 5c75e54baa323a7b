#include "wire/codec_admin.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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
#include "ring/cluster_config.h"
#include "ring/partition.h"
#include "wire/column.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"

namespace starling {
namespace {

// Slots of all partitions at the greatest replication factor.
constexpr std::size_t kOwnersMax = std::size_t{kPartitionsMax} * kReplicasMax;

// A ring of all partitions repeats its members' names a hundred thousand times once unfolded.
constexpr std::size_t kMemberNameBytesMax = 255;

using Texts = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

flatbuffers::Offset<Texts> write_texts(Builder& builder, const std::vector<std::string>& texts) {
  std::vector<TextOffset> offsets;
  offsets.reserve(texts.size());
  for (const std::string& text : texts) {
    offsets.push_back(
        write_required_text(builder, std::string_view(text).substr(0, kMessageBytesMax)));
  }
  return builder.CreateVector(offsets);
}

struct TextBounds {
  std::size_t count_max = 0;
  std::size_t bytes_max = 0;
};
constexpr TextBounds kMemberNames{.count_max = kListedMembersMax, .bytes_max = kMemberNameBytesMax};
constexpr TextBounds kMessages{.count_max = kStatusMessagesMax, .bytes_max = kMessageBytesMax};

std::vector<std::string> read_texts(FieldReader& reader, const Texts* texts,
                                    const TextBounds& bounds, std::string_view field) {
  std::vector<std::string> read;
  if (texts == nullptr) return read;
  reader.require(texts->size() <= bounds.count_max, field, "too many");
  for (flatbuffers::uoffset_t index = 0; !reader.failed() && index < texts->size(); ++index) {
    read.push_back(reader.text(texts->Get(index), bounds.bytes_max, field));
  }
  return read;
}

// Gives each name the position at which it stands in a reply's `names`.
class NameTable {
 public:
  std::uint16_t position_of(const std::string& name) {
    const auto [found, is_new] =
        positions_.try_emplace(name, static_cast<std::uint16_t>(names_.size()));
    if (is_new) names_.push_back(name);
    return found->second;
  }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  std::map<std::string, std::uint16_t> positions_;
  std::vector<std::string> names_;
};

std::string name_at(FieldReader& reader, const std::vector<std::string>& names,
                    std::uint16_t position) {
  reader.require(position < names.size(), "member", "no such name");
  return reader.failed() ? std::string() : names[position];
}

std::vector<std::string> names_at(FieldReader& reader, const std::vector<std::string>& names,
                                  std::span<const std::uint16_t> positions) {
  std::vector<std::string> found;
  found.reserve(positions.size());
  for (const std::uint16_t position : positions) {
    found.push_back(name_at(reader, names, position));
  }
  return found;
}

flatbuffers::Offset<wire::MemberReply> write_member(Builder& builder, const MemberReply& member) {
  const TextOffset name = write_text(builder, member.name);
  const TextOffset address = write_text(builder, member.address);
  const TextOffset http = write_text(builder, member.http);
  const TextOffset zone = write_text(builder, member.zone);
  const TextOffset state = write_text(builder, member.state);
  return wire::CreateMemberReply(builder, name, member.id.value, address, http, zone, state,
                                 member.partitions, member.hints_pending, member.state_seconds);
}

MemberReply read_member(FieldReader& reader, const wire::MemberReply& table) {
  MemberReply member;
  member.name = reader.text(table.name(), kNameBytesMax, "name");
  reader.require(!member.name.empty(), "name", "empty");
  member.id = NodeId{table.id()};
  member.address = reader.text(table.address(), kNameBytesMax, "address");
  member.http = reader.text(table.http(), kNameBytesMax, "HTTP address");
  member.zone = reader.text(table.zone(), kNameBytesMax, "zone");
  member.state = reader.text(table.state(), kNameBytesMax, "state");
  member.partitions = table.partitions();
  member.hints_pending = table.hints_pending();
  member.state_seconds = table.state_seconds();
  return member;
}

// What a task's eta_seconds says where there is none.
constexpr std::uint32_t kNoEta = 0xFFFFFFFF;

flatbuffers::Offset<wire::TaskReply> write_task(Builder& builder, const TaskReply& task) {
  const TextOffset id = write_cut_text(builder, task.id, kNameBytesMax);
  const TextOffset kind = write_text(builder, task.kind);
  const TextOffset subject = write_cut_text(builder, task.subject, kNameBytesMax);
  const TextOffset unit = write_text(builder, task.unit);
  return wire::CreateTaskReply(builder, id, kind, subject, task.done, task.total, unit,
                               task.eta_seconds.value_or(kNoEta));
}

TaskReply read_task(FieldReader& reader, const wire::TaskReply& table) {
  TaskReply task;
  task.id = reader.text(table.id(), kNameBytesMax, "id");
  // What has nothing in it would take less room than the verifier grants a table.
  reader.require(!task.id.empty(), "id", "empty");
  task.kind = reader.text(table.kind(), kNameBytesMax, "kind");
  task.subject = reader.text(table.subject(), kNameBytesMax, "subject");
  task.done = table.done();
  task.total = table.total();
  task.unit = reader.text(table.unit(), kNameBytesMax, "unit");
  if (table.eta_seconds() != kNoEta) task.eta_seconds = table.eta_seconds();
  return task;
}

std::vector<MemberReply> read_members(FieldReader& reader, const wire::ClusterStatusReply& table) {
  std::vector<MemberReply> members;
  if (table.members() == nullptr) return members;
  reader.require(table.members()->size() <= kListedMembersMax, "members", "too many");
  for (const wire::MemberReply* const member : *table.members()) {
    if (reader.failed()) return {};
    members.push_back(read_member(reader, *member));
  }
  return members;
}

PartitionDigests read_digests(FieldReader& reader, const std::vector<std::string>& names,
                              const wire::DigestsSpan& span,
                              Column<wire::ReplicaDigestItem>& column) {
  PartitionDigests digests;
  digests.partition = reader.partition(span.partition());
  for (const wire::ReplicaDigestItem& item : column.take(span.replicas())) {
    ReplicaDigest replica;
    replica.member = name_at(reader, names, item.member());
    if (item.answered()) replica.digest = hash_of(item.digest());
    digests.replicas.push_back(std::move(replica));
  }
  return digests;
}

}  // namespace

flatbuffers::Offset<wire::ClientClusterStatus> write_table(Builder& builder,
                                                           const ClientClusterStatus& /*request*/,
                                                           Duration remaining) {
  return wire::CreateClientClusterStatus(builder, remaining.count());
}

ClientClusterStatus read_table(FieldReader& /*reader*/,
                               const wire::ClientClusterStatus& /*table*/) {
  return {};
}

flatbuffers::Offset<wire::ClientClusterRing> write_table(Builder& builder,
                                                         const ClientClusterRing& request,
                                                         Duration remaining) {
  flatbuffers::Offset<wire::Address> address;
  if (request.address.has_value()) address = write_address(builder, *request.address);
  return wire::CreateClientClusterRing(builder, remaining.count(), address);
}

ClientClusterRing read_table(FieldReader& reader, const wire::ClientClusterRing& table) {
  if (table.address() == nullptr) return {};
  return {.address = reader.address(*table.address())};
}

flatbuffers::Offset<wire::ClientClusterDigest> write_table(Builder& builder,
                                                           const ClientClusterDigest& /*request*/,
                                                           Duration remaining) {
  return wire::CreateClientClusterDigest(builder, remaining.count());
}

ClientClusterDigest read_table(FieldReader& /*reader*/,
                               const wire::ClientClusterDigest& /*table*/) {
  return {};
}

flatbuffers::Offset<wire::ClientNodeInfo> write_table(Builder& builder,
                                                      const ClientNodeInfo& /*request*/,
                                                      Duration remaining) {
  return wire::CreateClientNodeInfo(builder, remaining.count());
}

ClientNodeInfo read_table(FieldReader& /*reader*/, const wire::ClientNodeInfo& /*table*/) {
  return {};
}

flatbuffers::Offset<wire::ClusterStatusReply> write_table(Builder& builder,
                                                          const ClusterStatusReply& reply) {
  std::vector<flatbuffers::Offset<wire::MemberReply>> members;
  members.reserve(reply.members.size());
  for (const MemberReply& member : reply.members) members.push_back(write_member(builder, member));
  const auto members_offset = builder.CreateVector(members);
  const auto messages = write_texts(builder, reply.messages);
  const TextOffset cluster = write_text(builder, reply.cluster);
  return wire::CreateClusterStatusReply(builder, cluster, reply.epoch.value, reply.partitions,
                                        reply.replicas, reply.replicas_configured, members_offset,
                                        reply.can_lose_availability, reply.can_lose_durability,
                                        messages);
}

ClusterStatusReply read_table(FieldReader& reader, const wire::ClusterStatusReply& table) {
  ClusterStatusReply reply;
  reply.cluster = reader.text(table.cluster(), kNameBytesMax, "cluster");
  reply.epoch = Epoch{table.epoch()};
  reply.partitions = table.partitions();
  reply.replicas = table.replicas();
  reply.replicas_configured = table.replicas_configured();
  reply.members = read_members(reader, table);
  reply.can_lose_availability = table.can_lose_availability();
  reply.can_lose_durability = table.can_lose_durability();
  reply.messages = read_texts(reader, table.messages(), kMessages, "messages");
  return reply;
}

flatbuffers::Offset<wire::ClusterRingReply> write_table(Builder& builder,
                                                        const ClusterRingReply& reply) {
  NameTable names;
  std::vector<wire::OwnersSpan> spans;
  std::vector<std::uint16_t> owners;
  for (const PartitionOwners& row : reply.partitions) {
    spans.emplace_back(row.partition.value, static_cast<std::uint16_t>(row.owners.size()),
                       static_cast<std::uint16_t>(row.fallbacks.size()));
    for (const std::string& owner : row.owners) owners.push_back(names.position_of(owner));
    for (const std::string& fallback : row.fallbacks) owners.push_back(names.position_of(fallback));
  }
  const auto names_offset = write_texts(builder, names.names());
  const auto spans_offset = write_structs(builder, spans);
  const auto owners_offset = builder.CreateVector(owners);
  return wire::CreateClusterRingReply(builder, reply.epoch.value, names_offset, spans_offset,
                                      owners_offset);
}

ClusterRingReply read_table(FieldReader& reader, const wire::ClusterRingReply& table) {
  ClusterRingReply reply;
  reply.epoch = Epoch{table.epoch()};
  const auto names = read_texts(reader, table.names(), kMemberNames, "members");
  const auto spans = reader.structs<wire::OwnersSpan>(table.spans(), kPartitionsMax, "partitions");
  const auto positions = reader.numbers(table.owners(), kOwnersMax, "owners");
  Column<std::uint16_t> column(reader, positions, "owners");
  for (const wire::OwnersSpan& span : spans) {
    PartitionOwners row;
    row.partition = reader.partition(span.partition());
    row.owners = names_at(reader, names, column.take(span.owners()));
    row.fallbacks = names_at(reader, names, column.take(span.fallbacks()));
    reply.partitions.push_back(std::move(row));
    if (reader.failed()) return {};
  }
  column.finish();
  return reply;
}

flatbuffers::Offset<wire::ClusterDigestReply> write_table(Builder& builder,
                                                          const ClusterDigestReply& reply) {
  NameTable names;
  std::vector<wire::DigestsSpan> spans;
  std::vector<wire::ReplicaDigestItem> items;
  for (const PartitionDigests& digests : reply.partitions) {
    spans.emplace_back(digests.partition.value,
                       static_cast<std::uint16_t>(digests.replicas.size()));
    for (const ReplicaDigest& replica : digests.replicas) {
      items.emplace_back(wire_hash(replica.digest.value_or(Hash128{})),
                         names.position_of(replica.member), replica.digest.has_value());
    }
  }
  const auto names_offset = write_texts(builder, names.names());
  const auto spans_offset = write_structs(builder, spans);
  const auto items_offset = write_structs(builder, items);
  return wire::CreateClusterDigestReply(builder, names_offset, spans_offset, items_offset,
                                        reply.agree);
}

ClusterDigestReply read_table(FieldReader& reader, const wire::ClusterDigestReply& table) {
  ClusterDigestReply reply;
  const auto names = read_texts(reader, table.names(), kMemberNames, "members");
  const auto spans = reader.structs<wire::DigestsSpan>(table.spans(), kPartitionsMax, "partitions");
  const auto items =
      reader.structs<wire::ReplicaDigestItem>(table.replicas(), kOwnersMax, "replicas");
  Column<wire::ReplicaDigestItem> column(reader, items, "replicas");
  for (const wire::DigestsSpan& span : spans) {
    reply.partitions.push_back(read_digests(reader, names, span, column));
    if (reader.failed()) return {};
  }
  column.finish();
  reply.agree = table.agree();
  return reply;
}

flatbuffers::Offset<wire::NodeInfoReply> write_table(Builder& builder, const NodeInfoReply& reply) {
  const TextOffset name = write_text(builder, reply.name);
  const TextOffset cluster = write_text(builder, reply.cluster);
  const TextOffset version = write_text(builder, reply.version);
  const TextOffset address = write_text(builder, reply.address);
  const TextOffset http = write_text(builder, reply.http);
  const TextOffset data_dir = write_cut_text(builder, reply.data_dir, kNameBytesMax);
  const TextOffset store_id = write_text(builder, reply.store_id);
  const TextOffset incarnation = write_text(builder, reply.incarnation);
  const TextOffset durability = write_text(builder, reply.durability);
  const TextOffset because = write_cut_text(builder, reply.not_ready_because, kMessageBytesMax);
  const TextOffset disk = write_cut_text(builder, reply.disk, kMessageBytesMax);
  const wire::Hash secret = wire_hash(reply.secret);
  return wire::CreateNodeInfoReply(builder, name, reply.id.value, cluster, version, address, http,
                                   data_dir, store_id, incarnation, durability, reply.boot_sequence,
                                   reply.ready, because, reply.uptime_ms, reply.partitions,
                                   reply.damage.met, reply.damage.mended, reply.damage.waiting,
                                   reply.damage.unsupplied, disk, reply.cpu_us, reply.waits_to_join,
                                   reply.partitions_of_cluster, &secret);
}

NodeInfoReply read_table(FieldReader& reader, const wire::NodeInfoReply& table) {
  NodeInfoReply reply;
  reply.name = reader.text(table.name(), kNameBytesMax, "name");
  reply.id = NodeId{table.id()};
  reply.cluster = reader.text(table.cluster(), kNameBytesMax, "cluster");
  reply.version = reader.text(table.version(), kNameBytesMax, "version");
  reply.address = reader.text(table.address(), kNameBytesMax, "address");
  reply.http = reader.text(table.http(), kNameBytesMax, "HTTP address");
  reply.data_dir = reader.text(table.data_dir(), kNameBytesMax, "data directory");
  reply.store_id = reader.text(table.store_id(), kNameBytesMax, "store id");
  reply.incarnation = reader.text(table.incarnation(), kNameBytesMax, "incarnation");
  reply.durability = reader.text(table.durability(), kNameBytesMax, "durability");
  reply.boot_sequence = table.boot_sequence();
  reply.ready = table.ready();
  reply.not_ready_because = reader.text(table.not_ready_because(), kMessageBytesMax, "reason");
  reply.disk = reader.text(table.disk(), kMessageBytesMax, "disk");
  reply.uptime_ms = table.uptime_ms();
  reply.cpu_us = table.cpu_us();
  reply.partitions = table.partitions();
  reply.waits_to_join = table.waits_to_join();
  reply.partitions_of_cluster = table.partitions_of_cluster();
  if (table.secret() != nullptr) reply.secret = hash_of(*table.secret());
  reply.damage = {.met = table.damage_met(),
                  .mended = table.damage_mended(),
                  .waiting = table.damage_waiting(),
                  .unsupplied = table.damage_unsupplied()};
  return reply;
}

flatbuffers::Offset<wire::ClientClusterTasks> write_table(Builder& builder,
                                                          const ClientClusterTasks& /*request*/,
                                                          Duration remaining) {
  return wire::CreateClientClusterTasks(builder, remaining.count());
}

ClientClusterTasks read_table(FieldReader& /*reader*/, const wire::ClientClusterTasks& /*table*/) {
  return {};
}

flatbuffers::Offset<wire::ClusterTasksReply> write_table(Builder& builder,
                                                         const ClusterTasksReply& reply) {
  std::vector<flatbuffers::Offset<wire::TaskReply>> tasks;
  tasks.reserve(reply.tasks.size());
  for (const TaskReply& task : reply.tasks) tasks.push_back(write_task(builder, task));
  const auto tasks_offset = builder.CreateVector(tasks);
  const auto unanswered = write_texts(builder, reply.unanswered);
  return wire::CreateClusterTasksReply(builder, tasks_offset, unanswered);
}

ClusterTasksReply read_table(FieldReader& reader, const wire::ClusterTasksReply& table) {
  ClusterTasksReply reply;
  reply.unanswered = read_texts(reader, table.unanswered(), kMemberNames, "unanswered");
  if (table.tasks() == nullptr) return reply;
  reader.require(table.tasks()->size() <= kTasksMax, "tasks", "too many");
  for (const wire::TaskReply* const task : *table.tasks()) {
    if (reader.failed()) return {};
    reply.tasks.push_back(read_task(reader, *task));
  }
  return reply;
}

flatbuffers::Offset<wire::ClientClusterRepair> write_table(Builder& builder,
                                                           const ClientClusterRepair& request,
                                                           Duration remaining) {
  const wire::RepairOrder order = wire_order(request.order);
  return wire::CreateClientClusterRepair(builder, remaining.count(), &order);
}

ClientClusterRepair read_table(FieldReader& reader, const wire::ClientClusterRepair& table) {
  return {.order = reader.order(*table.order())};
}

flatbuffers::Offset<wire::ClusterRepairReply> write_table(Builder& builder,
                                                          const ClusterRepairReply& reply) {
  const auto absent = write_texts(builder, reply.absent);
  const auto unanswered = write_texts(builder, reply.unanswered);
  const wire::RepairProgress progress = wire_progress(reply.progress);
  return wire::CreateClusterRepairReply(builder, reply.partitions, &progress, absent, unanswered);
}

ClusterRepairReply read_table(FieldReader& reader, const wire::ClusterRepairReply& table) {
  ClusterRepairReply reply{.partitions = table.partitions(),
                           .progress = progress_of(*table.progress())};
  reply.absent = read_texts(reader, table.absent(), kMemberNames, "absent");
  reply.unanswered = read_texts(reader, table.unanswered(), kMemberNames, "unanswered");
  return reply;
}

}  // namespace starling
