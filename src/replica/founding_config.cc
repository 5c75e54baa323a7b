#include "replica/founding_config.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/ids.h"
#include "base/seal.h"
#include "env/storage_engine.h"
#include "replica/key_layout.h"
#include "ring/cluster_config.h"
#include "ring/member.h"

namespace starling {
namespace {

constexpr std::uint8_t kFoundingFormat = 1;
constexpr std::string_view kFoundingName = "founding";

Status corrupt_founding(const std::string& what) {
  return {StatusCode::Corruption,
          "the data directory's founding configuration can not be used: " + what +
              "; keep the directory aside and go on with the other members"};
}

RingMember read_founder(ByteReader& reader) {
  RingMember founder;
  founder.name = reader.sized();
  founder.id = node_id_of(founder.name);
  founder.address = reader.sized();
  founder.zone = reader.sized();
  founder.weight = reader.u32();
  return founder;
}

// Whether a node can start with it, and its list is in the one order that is written.
bool is_usable(const FoundingConfig& founding) {
  ClusterConfig config;
  config.partitions = founding.partitions;
  config.replicas = founding.replicas;
  config.founders = founding.founders;
  // Of a node that was to be joined: it founded nothing.
  if (config.founders.empty()) {
    config.founders = {{.id = node_id_of("a"), .name = "a", .address = "a:1", .zone = {}}};
  }
  return config.check().ok() && std::ranges::is_sorted(founding.founders, {}, &RingMember::name);
}

}  // namespace

FoundingConfig founding_of(const ClusterConfig& config) {
  FoundingConfig founding{
      .partitions = config.partitions, .replicas = config.replicas, .founders = config.founders};
  std::ranges::sort(founding.founders, {}, &RingMember::name);
  return founding;
}

StorageWrite write_of_founding(const FoundingConfig& founding) {
  ByteWriter writer;
  writer.u8(kFoundingFormat);
  writer.u32(founding.partitions);
  writer.u32(founding.replicas);
  writer.varint(founding.founders.size());
  for (const RingMember& founder : founding.founders) {
    writer.sized(founder.name);
    writer.sized(founder.address);
    writer.sized(founder.zone);
    writer.u32(founder.weight);
  }
  std::string key = founding_store_key();
  std::string bytes = sealed(key, std::move(writer));
  return {.key = std::move(key), .value = std::move(bytes)};
}

std::string founding_store_key() {
  return meta_store_key(kFoundingName);
}

Result<FoundingConfig> parse_founding(std::string_view bytes) {
  const std::optional<std::string_view> payload = unsealed(founding_store_key(), bytes);
  if (!payload.has_value()) return corrupt_founding("it is damaged");
  ByteReader reader(*payload);
  const std::uint8_t version = reader.u8();
  if (version != kFoundingFormat) {
    return corrupt_founding("it has format " + std::to_string(version) + ", this program knows " +
                            std::to_string(kFoundingFormat) + ": start the program that wrote it");
  }
  FoundingConfig founding;
  founding.partitions = reader.u32();
  founding.replicas = reader.u32();
  const std::uint64_t count = reader.varint();
  // Checked before anything is allocated for them.
  if (count > kFoundersMax) return corrupt_founding("it names too many founders");
  for (std::uint64_t i = 0; i < count && !reader.failed(); ++i) {
    founding.founders.push_back(read_founder(reader));
  }
  if (!reader.finished()) return corrupt_founding("it has the wrong length");
  if (!is_usable(founding)) return corrupt_founding("no cluster can be founded so");
  return founding;
}

}  // namespace starling
