#include "ring/configuration_codec.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/member.h"
#include "ring/partition.h"
#include "ring/slot.h"

namespace starling {
namespace {

// Of a configuration in which nothing is staged. The other one has the staged changes behind it, so
// that those who know nothing of them refuse it, and all others read as before.
constexpr std::uint8_t kFormatVersion = 1;
constexpr std::uint8_t kFormatWithStaged = 2;
// So that the checksum of no other document of ours fits.
constexpr std::uint64_t kChecksumSeed = 0x636F6E6669672131;
constexpr std::size_t kChecksumBytes = 8;
constexpr std::uint8_t kReadBefore = 0x80;

Status corrupt_bytes(std::string_view what) {
  return {StatusCode::Corruption,
          "a configuration of the cluster can not be read: " + std::string(what)};
}

void write_hash(ByteWriter& writer, const Hash128& hash) {
  writer.u64(hash.high);
  writer.u64(hash.low);
}

Hash128 read_hash(ByteReader& reader) {
  const std::uint64_t high = reader.u64();
  return {.high = high, .low = reader.u64()};
}

// Nodes stand in rows as their place in the list of members: two bytes at most, not eight.
class Encoder {
 public:
  explicit Encoder(const Configuration& configuration) : configuration_(configuration) {
    for (const ConfigMember& member : configuration.members) {
      index_.emplace(member.member.id.value, index_.size());
    }
  }

  std::string run() {
    writer_.u8(configuration_.staged.empty() ? kFormatVersion : kFormatWithStaged);
    write_founding();
    write_hash(writer_, configuration_.previous);
    writer_.varint(configuration_.epoch.value);
    writer_.varint(configuration_.replicas);
    writer_.u16(configuration_.protocol_min);
    writer_.u16(configuration_.protocol_max);
    write_members();
    write_rows();
    write_aims();
    if (!configuration_.staged.empty()) write_staged();
    const std::uint64_t checksum = hash64(writer_.bytes(), kChecksumSeed);
    writer_.u64(checksum);
    return std::move(writer_).bytes();
  }

 private:
  void write_founding() {
    writer_.sized(configuration_.cluster);
    write_hash(writer_, configuration_.cluster_id);
    writer_.u64(configuration_.token_seed);
    for (const std::uint8_t byte : configuration_.context_key) writer_.u8(byte);
  }

  void write_members() {
    writer_.varint(configuration_.members.size());
    for (const ConfigMember& member : configuration_.members) write_member(member);
    writer_.varint(configuration_.voters.size());
    for (const Voter& voter : configuration_.voters) {
      write_node(voter.node);
      write_hash(writer_, voter.store.value);
    }
  }

  void write_member(const ConfigMember& member) {
    writer_.sized(member.member.name);
    writer_.sized(member.member.address);
    writer_.sized(member.member.zone);
    writer_.varint(member.member.weight);
    write_hash(writer_, member.store.value);
    writer_.u8(static_cast<std::uint8_t>(member.intent));
  }

  void write_rows() {
    writer_.varint(configuration_.rows.size());
    for (std::size_t i = 0; i < configuration_.rows.size(); ++i) {
      writer_.varint(configuration_.row_versions[i].value);
      writer_.varint(configuration_.rows[i].size());
      for (const Slot& slot : configuration_.rows[i]) write_slot(slot);
    }
  }

  void write_slot(const Slot& slot) {
    const std::uint8_t flag = slot.read_before ? kReadBefore : 0;
    writer_.u8(static_cast<std::uint8_t>(static_cast<std::uint8_t>(slot.state) | flag));
    write_node(slot.holder);
    if (is_moving(slot)) write_node(slot.target);
    writer_.varint(slot.since.value);
  }

  void write_aims() {
    writer_.varint(configuration_.aims.size());
    for (const RowAim& aim : configuration_.aims) {
      writer_.u16(aim.partition.value);
      writer_.varint(aim.owners.size());
      for (const NodeId owner : aim.owners) write_node(owner);
    }
  }

  void write_staged() {
    writer_.varint(configuration_.staged.size());
    for (const StagedChange& change : configuration_.staged) {
      writer_.u8(static_cast<std::uint8_t>(change.kind));
      if (change.kind != ChangeKind::Join) write_node(change.member);
      const bool brings = change.kind == ChangeKind::Join || change.kind == ChangeKind::Replace;
      if (brings) write_member(change.newcomer);
    }
  }

  void write_node(NodeId node) {
    const auto found = index_.find(node.value);
    STARLING_CHECK(found != index_.end());
    writer_.varint(found->second);
  }

  const Configuration& configuration_;
  std::unordered_map<std::uint64_t, std::size_t> index_;
  ByteWriter writer_;
};

// Numbers are looked at before anything is allocated for them; what they mean is for check().
class Decoder {
 public:
  Decoder(std::string_view bytes, std::uint8_t format) : reader_(bytes), format_(format) {}

  std::optional<Configuration> run() {
    read_founding();
    configuration_.previous = read_hash(reader_);
    configuration_.epoch = Epoch{reader_.varint()};
    configuration_.replicas = read_number();
    configuration_.protocol_min = reader_.u16();
    configuration_.protocol_max = reader_.u16();
    read_members();
    read_voters();
    read_rows();
    read_aims();
    if (format_ == kFormatWithStaged) read_staged();
    if (failed_ || !reader_.finished()) return std::nullopt;
    return std::move(configuration_);
  }

 private:
  void read_founding() {
    configuration_.cluster = reader_.sized();
    configuration_.cluster_id = read_hash(reader_);
    configuration_.token_seed = reader_.u64();
    for (std::uint8_t& byte : configuration_.context_key) byte = reader_.u8();
  }

  void read_members() {
    const std::size_t count = read_count(kMembersMax);
    for (std::size_t i = 0; i < count && !bad(); ++i) {
      configuration_.members.push_back(read_member());
    }
  }

  ConfigMember read_member() {
    ConfigMember member;
    member.member.name = reader_.sized();
    member.member.id = node_id_of(member.member.name);
    member.member.address = reader_.sized();
    member.member.zone = reader_.sized();
    member.member.weight = read_number();
    member.store = StoreId{read_hash(reader_)};
    member.intent = read_enum(reader_.u8(), MemberIntent::Remove);
    return member;
  }

  void read_voters() {
    const std::size_t count = read_count(kVotersMax);
    for (std::size_t i = 0; i < count && !bad(); ++i) {
      const NodeId node = read_node();
      configuration_.voters.push_back({.node = node, .store = StoreId{read_hash(reader_)}});
    }
  }

  void read_rows() {
    const std::size_t count = read_count(kPartitionsMax);
    for (std::size_t i = 0; i < count && !bad(); ++i) {
      configuration_.row_versions.push_back(RowVersion{reader_.varint()});
      const std::size_t slots = read_count(kSlotsMax);
      SlotRow row;
      for (std::size_t slot = 0; slot < slots && !bad(); ++slot) row.push_back(read_slot());
      configuration_.rows.push_back(std::move(row));
    }
  }

  Slot read_slot() {
    Slot slot;
    const std::uint8_t tag = reader_.u8();
    slot.read_before = (tag & kReadBefore) != 0;
    slot.state = read_enum(static_cast<std::uint8_t>(tag & ~kReadBefore), SlotState::Joint);
    slot.holder = read_node();
    if (is_moving(slot)) slot.target = read_node();
    slot.since = Epoch{reader_.varint()};
    return slot;
  }

  void read_aims() {
    const std::size_t count = read_count(configuration_.rows.size());
    for (std::size_t i = 0; i < count && !bad(); ++i) {
      RowAim aim{.partition = PartitionId{reader_.u16()}, .owners = {}};
      const std::size_t owners = read_count(kReplicasMax);
      for (std::size_t owner = 0; owner < owners && !bad(); ++owner) {
        aim.owners.push_back(read_node());
      }
      configuration_.aims.push_back(std::move(aim));
    }
  }

  void read_staged() {
    const std::size_t count = read_count(kStagedMax);
    for (std::size_t i = 0; i < count && !bad(); ++i) {
      StagedChange change;
      change.kind = read_enum(reader_.u8(), ChangeKind::Remove);
      if (change.kind != ChangeKind::Join) change.member = read_node();
      const bool brings = change.kind == ChangeKind::Join || change.kind == ChangeKind::Replace;
      if (brings) change.newcomer = read_member();
      configuration_.staged.push_back(std::move(change));
    }
  }

  NodeId read_node() {
    const std::uint64_t index = reader_.varint();
    if (index >= configuration_.members.size()) {
      failed_ = true;
      return {};
    }
    return configuration_.members[index].member.id;
  }

  template <typename Enum>
  Enum read_enum(std::uint8_t number, Enum last) {
    const bool known = number <= static_cast<std::uint8_t>(last);
    failed_ = failed_ || !known;
    return known ? static_cast<Enum>(number) : last;
  }

  std::size_t read_count(std::size_t most) {
    const std::uint64_t count = reader_.varint();
    failed_ = failed_ || count > most;
    return failed_ ? 0 : static_cast<std::size_t>(count);
  }

  std::uint32_t read_number() {
    const std::uint64_t number = reader_.varint();
    failed_ = failed_ || number > UINT32_MAX;
    return static_cast<std::uint32_t>(number);
  }

  [[nodiscard]] bool bad() const { return failed_ || reader_.failed(); }

  ByteReader reader_;
  std::uint8_t format_;
  Configuration configuration_;
  bool failed_ = false;
};

}  // namespace

std::string encode_configuration(const Configuration& configuration) {
  return Encoder(configuration).run();
}

Hash128 digest_of(const Configuration& configuration) {
  return hash128(encode_configuration(configuration));
}

Result<Configuration> decode_configuration(std::string_view bytes) {
  if (bytes.size() < kChecksumBytes + 1) return corrupt_bytes("it is too short");
  if (bytes.size() > kConfigurationBytesMax) return corrupt_bytes("it is too long");
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (ByteReader(bytes.substr(body.size())).u64() != hash64(body, kChecksumSeed)) {
    return corrupt_bytes("it is damaged");
  }
  const auto format = static_cast<std::uint8_t>(body.front());
  if (format != kFormatVersion && format != kFormatWithStaged) {
    return corrupt_bytes("it has format " + std::to_string(format) + ", this program knows " +
                         std::to_string(kFormatVersion) + " and " +
                         std::to_string(kFormatWithStaged));
  }
  std::optional<Configuration> configuration = Decoder(body.substr(1), format).run();
  if (!configuration) return corrupt_bytes("it has the wrong length, or numbers out of bounds");
  STARLING_RETURN_IF_ERROR(configuration->check());
  // One spelling only: voters compare digests of bytes.
  if (encode_configuration(*configuration) != bytes) return corrupt_bytes("it is spelled oddly");
  return std::move(*configuration);
}

}  // namespace starling
