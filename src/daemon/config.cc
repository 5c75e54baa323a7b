#include "daemon/config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <ios>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/quantity.h"
#include "base/time.h"
#include "daemon/command_line.h"
#include "daemon/config_file.h"
#include "daemon/environment.h"
#include "daemon/flag.h"
#include "daemon/memory_plan.h"
#include "daemon/memory_share.h"
#include "daemon/settings.h"
#include "net/host_port.h"
#include "node/node_options.h"
#include "ring/cluster_config.h"
#include "ring/member.h"
#include "ring/partition.h"
#include "storage/disk_guard.h"

namespace starling {
namespace {

// A secret is a line or a few random bytes; a longer file is likely the wrong one.
constexpr std::size_t kSecretBytesMax = 4096;

struct SizeBounds {
  std::uint64_t min = 0;
  // More than any machine has, and far from where sums of sizes overflow.
  std::uint64_t max = std::uint64_t{1} << 50U;
};

// With less LevelDB reads the same blocks again and again.
constexpr SizeBounds kBlockCacheBounds{.min = std::uint64_t{1} << 20U};

constexpr SizeBounds kMemoryBounds{.min = kMemoryLimitMin};

Status usage_error(std::string message) {
  return {StatusCode::Usage, std::move(message)};
}

// The given values with their defaults, and errors that name where a value came from.
class Reader {
 public:
  explicit Reader(const GivenValues& given) : given_(given) {}

  [[nodiscard]] bool has(std::string_view name) const { return given_.contains(name); }
  [[nodiscard]] std::string text(std::string_view name, std::string_view default_text) const {
    const auto found = given_.find(name);
    return found == given_.end() ? std::string(default_text) : found->second.text;
  }
  [[nodiscard]] std::string origin(std::string_view name) const {
    const auto found = given_.find(name);
    return found == given_.end() ? "--" + std::string(name) : found->second.origin;
  }
  // Empty: nobody gave it.
  [[nodiscard]] std::string origin_if_given(std::string_view name) const {
    return has(name) ? origin(name) : std::string();
  }
  [[nodiscard]] Status bad(std::string_view name, const std::string& why) const {
    return usage_error(origin(name) + ": " + why);
  }
  // An error of another folder begins with "--flag: "; the user may have used another place.
  [[nodiscard]] Status place(const Status& status) const {
    const std::string& message = status.message();
    for (const auto& [name, value] : given_) {
      const std::string prefix = "--" + name + ":";
      if (message.starts_with(prefix)) {
        return {status.code(), value.origin + message.substr(prefix.size() - 1)};
      }
    }
    return status;
  }

  [[nodiscard]] Result<HostPort> address(std::string_view name,
                                         std::string_view default_text) const {
    Result<HostPort> parsed = parse_host_port(text(name, default_text));
    if (!parsed.ok()) return bad(name, parsed.status().message());
    return parsed;
  }
  [[nodiscard]] Result<std::uint32_t> number(std::string_view name,
                                             std::uint32_t default_number) const {
    const std::string digits = text(name, std::to_string(default_number));
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc() && end == digits.data() + digits.size()) return number;
    return bad(name, "'" + digits + "' is not a whole number");
  }
  [[nodiscard]] Result<std::uint64_t> size(std::string_view name, std::uint64_t default_size,
                                           SizeBounds bounds) const {
    if (!has(name)) return default_size;
    const Result<std::uint64_t> parsed = parse_size(text(name, ""));
    if (!parsed.ok()) return bad(name, parsed.status().message());
    if (*parsed >= bounds.min && *parsed <= bounds.max) return *parsed;
    return bad(name, "'" + text(name, "") + "' is not between " + format_size(bounds.min) +
                         " and " + format_size(bounds.max));
  }
  // Nothing: nobody gave it.
  [[nodiscard]] Result<std::optional<std::uint64_t>> size_if_given(std::string_view name) const {
    if (!has(name)) return std::optional<std::uint64_t>();
    STARLING_ASSIGN_OR_RETURN(read, const std::uint64_t bytes, size(name, 0, SizeBounds{}));
    return std::optional<std::uint64_t>(bytes);
  }
  [[nodiscard]] Result<Duration> duration(std::string_view name, Duration default_duration) const {
    if (!has(name)) return default_duration;
    Result<Duration> parsed = parse_duration(text(name, ""));
    if (!parsed.ok()) return bad(name, parsed.status().message());
    return parsed;
  }
  [[nodiscard]] Result<bool> truth(std::string_view name) const {
    const std::string word = text(name, "false");
    if (word == "true" || word == "1") return true;
    if (word == "false" || word == "0") return false;
    return bad(name, "'" + word + "' is neither true nor false");
  }

 private:
  const GivenValues& given_;
};

Result<DurabilityMode> durability_of(const Reader& reader) {
  const std::string word = reader.text("durability", "sync");
  if (word == "sync") return DurabilityMode::Sync;
  if (word == "interval") return DurabilityMode::Interval;
  if (word == "none") return DurabilityMode::None;
  return reader.bad("durability", "'" + word + "' is not sync, interval or none");
}

Result<LogLevel> log_level_from(const Reader& reader) {
  Result<LogLevel> level = log_level_of(reader.text("log-level", "info"));
  if (!level.ok()) return reader.bad("log-level", level.status().message());
  return level;
}

Result<std::string> read_secret(const Reader& reader) {
  if (!reader.has("cluster-secret-file")) return std::string();
  const std::string path = reader.text("cluster-secret-file", "");
  std::ifstream file(path, std::ios::binary);
  std::string secret{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto bad = [&](const std::string& why) {
    return reader.bad("cluster-secret-file", "'" + path + "' " + why);
  };
  if (!file) return bad("can not be read: is the path right, and may this user read it?");
  // Editors end a file with a newline; it is not part of the secret.
  while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) return bad("is empty: write a secret into it, e.g. 32 random bytes");
  if (secret.size() > kSecretBytesMax)
    return bad("is longer than 4096 bytes: is it the right one?");
  return secret;
}

Status check_exposure(const Reader& reader, const DaemonSettings& settings) {
  STARLING_ASSIGN_OR_RETURN(switched, const bool insecure, reader.truth("insecure"));
  const std::array<std::pair<std::string_view, const HostPort*>, 2> listeners{
      {{"listen", &settings.listen}, {"http", &settings.http}}};
  for (const auto& [name, address] : listeners) {
    if (insecure || is_loopback(address->host)) continue;
    return reader.bad(name, address->to_text() +
                                " can be reached from other machines, and nothing is encrypted or "
                                "authenticated yet: say --insecure if that network is trusted");
  }
  if (settings.listen != settings.http) return Status::success();
  return reader.bad("http", settings.http.to_text() + " is --listen's address: choose another");
}

Result<MemoryPlan> memory_of(const Reader& reader) {
  STARLING_ASSIGN_OR_RETURN(
      read, const std::uint64_t limit,
      reader.size("memory-limit", default_memory_limit(usable_memory_bytes()), kMemoryBounds));
  MemoryPlan plan = divide_memory(limit);
  STARLING_ASSIGN_OR_RETURN(block_cache, plan.block_cache_bytes,
                            reader.size("block-cache", plan.block_cache_bytes, kBlockCacheBounds));
  return plan;
}

std::string names_of(const std::vector<RingMember>& founders) {
  std::string names;
  for (const RingMember& founder : founders) {
    names += (names.empty() ? "" : ", ") + founder.name;
  }
  return names;
}

// Where the others reach this node. A wildcard is what one listens at, not what one dials.
Result<std::string> advertised_address(const Reader& reader, const DaemonSettings& settings) {
  if (!reader.has("advertise")) {
    if (!is_wildcard(settings.listen.host)) return settings.listen.to_text();
    return reader.bad("listen", "nobody can dial " + settings.listen.host +
                                    ": say --advertise with the address that others reach");
  }
  STARLING_ASSIGN_OR_RETURN(parsed, const HostPort address, reader.address("advertise", ""));
  if (!is_wildcard(address.host)) return address.to_text();
  return reader.bad("advertise", "nobody can dial " + address.host);
}

Status check_own_entry(const Reader& reader, const DaemonSettings& settings,
                       const std::vector<RingMember>& founders) {
  const auto own = std::ranges::find(founders, settings.name, &RingMember::name);
  if (own == founders.end()) {
    return reader.bad("initial-cluster", "does not list '" + settings.name +
                                             "', this node: say --name with one of " +
                                             names_of(founders) + ", or correct the list");
  }
  // Listening everywhere, the list says which of the addresses the others use.
  if (!reader.has("advertise") && is_wildcard(settings.listen.host)) return Status::success();
  STARLING_ASSIGN_OR_RETURN(computed, const std::string address,
                            advertised_address(reader, settings));
  if (own->address == address) return Status::success();
  return reader.bad("initial-cluster", "lists '" + settings.name + "' at " + own->address +
                                           ", but this node would be at " + address +
                                           ": correct the list, --listen or --advertise");
}

bool waits_to_join(const Reader& reader) {
  return reader.text("initial-cluster", "") == "none";
}

Result<std::vector<RingMember>> founders_of(const Reader& reader, const DaemonSettings& settings) {
  if (!reader.has("initial-cluster") || waits_to_join(reader)) {
    STARLING_ASSIGN_OR_RETURN(computed, const std::string address,
                              advertised_address(reader, settings));
    return std::vector<RingMember>{
        {.id = node_id_of(settings.name), .name = settings.name, .address = address, .zone = {}}};
  }
  const std::string list = reader.text("initial-cluster", "");
  Result<std::vector<RingMember>> founders = parse_initial_cluster(list);
  if (!founders.ok()) return reader.place(founders.status());
  STARLING_RETURN_IF_ERROR(check_own_entry(reader, settings, *founders));
  return founders;
}

// The addresses of the founders must be such that they can be dialled.
Status check_founder_addresses(const Reader& reader, const std::vector<RingMember>& founders) {
  for (const RingMember& founder : founders) {
    const Result<HostPort> address = parse_host_port(founder.address);
    if (!address.ok()) return reader.bad("initial-cluster", address.status().message());
    if (is_wildcard(address->host)) {
      return reader.bad("initial-cluster", "nobody can dial '" + founder.name + "' at " +
                                               founder.address + ": list the address it has");
    }
  }
  return Status::success();
}

Result<ClusterConfig> cluster_of(const Reader& reader, const DaemonSettings& settings) {
  ClusterConfig cluster;
  cluster.cluster = reader.text("cluster", cluster.cluster);
  STARLING_ASSIGN_OR_RETURN(q, cluster.partitions, reader.number("partitions", kPartitionsDefault));
  STARLING_ASSIGN_OR_RETURN(n, cluster.replicas, reader.number("replicas", kReplicasDefault));
  STARLING_ASSIGN_OR_RETURN(list, cluster.founders, founders_of(reader, settings));
  STARLING_ASSIGN_OR_RETURN(secret, cluster.secret, read_secret(reader));
  const Status checked = cluster.check();
  if (!checked.ok()) return reader.place(checked);
  STARLING_RETURN_IF_ERROR(check_founder_addresses(reader, cluster.founders));
  return cluster;
}

Result<DiskLimitOptions> disk_limits_of(const Reader& reader) {
  DiskLimitOptions limits;
  STARLING_ASSIGN_OR_RETURN(soft, limits.soft, reader.size_if_given("disk-soft-limit"));
  STARLING_ASSIGN_OR_RETURN(hard, limits.hard, reader.size_if_given("disk-hard-limit"));
  STARLING_ASSIGN_OR_RETURN(ballast, limits.ballast, reader.size_if_given("disk-ballast"));
  const bool crossed = limits.soft.has_value() && limits.hard.value_or(0) > *limits.soft;
  if (!crossed) return limits;
  return reader.bad("disk-hard-limit", "it must not be above --disk-soft-limit");
}

}  // namespace

Result<DaemonSettings> check_settings(const GivenValues& given) {
  const Reader reader(given);
  DaemonSettings settings;
  settings.name = reader.text("name", "node0");
  settings.data_dir = reader.text("data-dir", "./starling-data");
  if (settings.name.empty()) return reader.bad("name", "a member needs a name");
  if (settings.data_dir.empty()) return reader.bad("data-dir", "the path is empty");
  STARLING_ASSIGN_OR_RETURN(listen, settings.listen, reader.address("listen", "127.0.0.1:7400"));
  STARLING_ASSIGN_OR_RETURN(http, settings.http, reader.address("http", "127.0.0.1:7500"));
  STARLING_RETURN_IF_ERROR(check_exposure(reader, settings));
  STARLING_ASSIGN_OR_RETURN(durability, settings.durability, durability_of(reader));
  STARLING_ASSIGN_OR_RETURN(memory, settings.memory, memory_of(reader));
  STARLING_ASSIGN_OR_RETURN(limits, settings.disk_limits, disk_limits_of(reader));
  STARLING_ASSIGN_OR_RETURN(hints, settings.hint_bytes_max,
                            reader.size("hint-limit", settings.hint_bytes_max, SizeBounds{}));
  STARLING_ASSIGN_OR_RETURN(slow, settings.slow_request,
                            reader.duration("slow-request", settings.slow_request));
  STARLING_ASSIGN_OR_RETURN(level, settings.log_level, log_level_from(reader));
  STARLING_ASSIGN_OR_RETURN(cluster, settings.cluster, cluster_of(reader, settings));
  settings.waits_to_join = waits_to_join(reader);
  settings.founding = {.partitions = reader.origin_if_given("partitions"),
                       .replicas = reader.origin_if_given("replicas"),
                       .founders = reader.origin_if_given("initial-cluster")};
  return settings;
}

Result<LoadedSettings> load_configuration(const std::vector<std::string>& arguments,
                                          const std::vector<std::string>& environment) {
  STARLING_ASSIGN_OR_RETURN(parsed, CommandLine line, parse_command_line(arguments));
  LoadedSettings configuration;
  if (line.print.has_value()) {
    configuration.print = *line.print;
    return configuration;
  }
  Environment variables = read_environment(environment);
  GivenValues given = merged(std::move(line.values), variables.values);
  configuration.warnings = std::move(variables.warnings);
  if (const auto file = given.find("config"); file != given.end()) {
    STARLING_ASSIGN_OR_RETURN(from_file, const GivenValues values,
                              read_config_file(file->second.text));
    given = merged(std::move(given), values);
  }
  STARLING_ASSIGN_OR_RETURN(checked, configuration.settings, check_settings(given));
  if (configuration.settings.cluster.secret.empty()) {
    configuration.warnings.emplace_back(
        "no --cluster-secret-file: whoever reaches this node can forge contexts");
  }
  return configuration;
}

}  // namespace starling
