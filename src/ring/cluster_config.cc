#include "ring/cluster_config.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/mac.h"
#include "ring/member.h"
#include "ring/partition.h"
#include "ring/placement.h"
#include "ring/ring.h"

namespace starling {
namespace {

constexpr std::size_t kNameBytesMax = 255;  // as for buckets: a name travels in every handshake

Status usage_error(std::string_view flag, std::string_view problem) {
  return {StatusCode::Usage, std::string(flag) + ": " + std::string(problem)};
}

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

// Names stand in lists, log lines and URLs, so they hold nothing that separates there.
bool is_name(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= kNameBytesMax && std::ranges::all_of(text, allowed);
}

std::vector<RingMember> sorted_by_name(std::vector<RingMember> members) {
  std::ranges::sort(members, {}, &RingMember::name);
  return members;
}

// Both inputs to derived keys and digests: every field with its length, so that no two
// configurations run together.
std::string founders_as_bytes(const ClusterConfig& config) {
  ByteWriter writer;
  writer.varint(config.founders.size());
  for (const RingMember& founder : sorted_by_name(config.founders)) {
    writer.sized(founder.name);
    writer.sized(founder.address);
    writer.sized(founder.zone);
    writer.u32(founder.weight);
  }
  return std::string(writer.bytes());
}

std::string public_part_as_bytes(const ClusterConfig& config) {
  ByteWriter writer;
  writer.sized(config.cluster);
  writer.u32(config.partitions);
  writer.u32(config.replicas);
  writer.sized(founders_as_bytes(config));
  return std::string(writer.bytes());
}

// A key for each purpose, of this cluster alone: two clusters with one secret share no keys.
MacKey derive_key(const ClusterConfig& config, std::string_view purpose) {
  ByteWriter writer;
  writer.sized(purpose);
  writer.raw(public_part_as_bytes(config));
  return derive_mac_key(config.secret, writer.bytes());
}

std::string secret_purpose(const ClusterConfig& config) {
  ByteWriter writer;
  writer.sized("digest of the secret");
  writer.sized(config.cluster);
  return std::string(writer.bytes());
}

std::string_view as_bytes(const MacKey& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

std::string number_as_bytes(std::uint32_t number) {
  ByteWriter writer;
  writer.u32(number);
  return std::string(writer.bytes());
}

Status check_founder(const RingMember& founder) {
  if (!is_name(founder.name)) {
    return usage_error("--initial-cluster",
                       "the name " + quoted(founder.name) +
                           " must be 1 to 255 letters, digits, dots, hyphens or underscores");
  }
  if (founder.address.empty()) {
    return usage_error("--initial-cluster", quoted(founder.name) + " has no address; write " +
                                                founder.name + "=host:port");
  }
  if (founder.id != node_id_of(founder.name) || founder.weight == 0) {
    return usage_error("--initial-cluster",
                       quoted(founder.name) + " has an id that is not its name's, or no weight");
  }
  return Status::success();
}

// `what` and `member` name the field in which two founders must not be equal.
Status check_distinct(std::vector<RingMember> founders, std::string RingMember::* member,
                      std::string_view what) {
  std::ranges::sort(founders, {}, member);
  const auto twin = std::ranges::adjacent_find(founders, {}, member);
  if (twin == founders.end()) return Status::success();
  return usage_error("--initial-cluster", "two founders have the " + std::string(what) + " " +
                                              quoted(std::invoke(member, *twin)) +
                                              "; give each its own");
}

Status check_founders(const std::vector<RingMember>& founders) {
  if (founders.empty()) {
    return usage_error("--initial-cluster",
                       "names no founder; write name=host:port for each, separated by commas");
  }
  if (founders.size() > kFoundersMax) {
    return usage_error("--initial-cluster", "names " + std::to_string(founders.size()) +
                                                " founders; found with " +
                                                std::to_string(kFoundersMax) + " at most");
  }
  for (const RingMember& founder : founders) STARLING_RETURN_IF_ERROR(check_founder(founder));
  STARLING_RETURN_IF_ERROR(check_distinct(founders, &RingMember::name, "name"));
  return check_distinct(founders, &RingMember::address, "address");
}

}  // namespace

Status ClusterConfig::check() const {
  if (!is_name(cluster)) {
    return usage_error(
        "--cluster",
        quoted(cluster) + " must be 1 to 255 letters, digits, dots, hyphens or underscores");
  }
  const Status count = check_partition_count(partitions);
  if (!count.ok()) return usage_error("--partitions", count.message());
  if (replicas < 1 || replicas > kReplicasMax) {
    return usage_error("--replicas", std::to_string(replicas) + " is not from 1 to " +
                                         std::to_string(kReplicasMax) + "; 3 suits most clusters");
  }
  return check_founders(founders);
}

ConfigDigest digest_of(const ClusterConfig& config) {
  // The secret's digest is bound to the cluster's name, so that no table of likely secrets serves
  // two clusters, and to nothing else: who joins later was started with other founders.
  return {.cluster = hash128(config.cluster),
          .partitions = hash128(number_as_bytes(config.partitions)),
          .replicas = hash128(number_as_bytes(config.replicas)),
          .founders = hash128(founders_as_bytes(config)),
          .secret = hash128(as_bytes(derive_mac_key(config.secret, secret_purpose(config))))};
}

std::optional<std::string_view> first_difference(const ConfigDigest& mine,
                                                 const ConfigDigest& theirs) {
  if (mine.founders != theirs.founders) return "initial-cluster";
  if (mine.partitions != theirs.partitions) return "partitions";
  if (mine.replicas != theirs.replicas) return "replicas";
  if (mine.cluster != theirs.cluster) return "cluster";
  if (mine.secret != theirs.secret) return "cluster-secret-file";
  return std::nullopt;
}

std::shared_ptr<const Ring> first_ring(const ClusterConfig& config) {
  const MacKey seed = derive_key(config, "token seed");
  const PlacementTable rows = plan_placement(
      {},
      {.partitions = config.partitions, .replicas = config.replicas, .members = config.founders});
  const std::vector<RowVersion> versions(rows.size(), RowVersion{1});
  return std::make_shared<const Ring>(Epoch{1}, ByteReader(as_bytes(seed)).u64(),
                                      sorted_by_name(config.founders), rows, versions);
}

MacKey context_key(const ClusterConfig& config) {
  return derive_key(config, "context key");
}

namespace {

Status entry_error(std::string_view entry, std::string_view problem) {
  return usage_error("--initial-cluster", "the entry " + quoted(entry) + " " +
                                              std::string(problem) +
                                              "; write name=host:port or name=host:port@zone");
}

// What is wrong with `host:port`, or nothing.
std::optional<std::string_view> problem_of_address(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || address.ends_with(']')) return "has no port";
  const std::string_view host = address.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (host.empty() || host == "[]") return "has no host";
  if (!bracketed && host.find_first_of(":[]") != std::string_view::npos) {
    return "has an IPv6 address without brackets, or stray brackets";
  }
  const std::string_view digits = address.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  if (!whole || port == 0) return "has a port that is not from 1 to 65535";
  return std::nullopt;
}

Result<RingMember> parse_entry(std::string_view entry) {
  const std::size_t equals = entry.find('=');
  if (equals == std::string_view::npos) return entry_error(entry, "has no '='");
  const std::string_view name = entry.substr(0, equals);
  if (!is_name(name)) return entry_error(entry, "has a name that is empty or has odd characters");
  std::string_view address = entry.substr(equals + 1);
  std::string_view zone;
  const std::size_t at = address.find('@');
  if (at != std::string_view::npos) {
    zone = address.substr(at + 1);
    address = address.substr(0, at);
    if (!is_name(zone)) return entry_error(entry, "has a zone that is empty or has odd characters");
  }
  if (const auto problem = problem_of_address(address)) return entry_error(entry, *problem);
  return RingMember{.id = node_id_of(name),
                    .name = std::string(name),
                    .address = std::string(address),
                    .zone = std::string(zone)};
}

}  // namespace

Result<std::vector<RingMember>> parse_initial_cluster(std::string_view text) {
  std::vector<RingMember> founders;
  while (true) {
    const std::size_t comma = text.find(',');
    STARLING_ASSIGN_OR_RETURN(parsed, RingMember founder, parse_entry(text.substr(0, comma)));
    founders.push_back(std::move(founder));
    if (comma == std::string_view::npos) return founders;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace starling
