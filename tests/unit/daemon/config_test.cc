#include "daemon/config.h"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/log.h"
#include "base/time.h"
#include "daemon/flag.h"
#include "daemon/settings.h"
#include "node/node_options.h"
#include "storage/disk_guard.h"

#ifndef STARLING_EXAMPLE_CONFIG
#error "the build defines STARLING_EXAMPLE_CONFIG"
#endif

namespace starling {
namespace {

// A file for the length of one test.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& name, std::string_view content)
      : path_(std::filesystem::temp_directory_path() / ("starling-config-test-" + name)) {
    std::ofstream(path_, std::ios::binary) << content;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  TemporaryFile(TemporaryFile&&) = delete;
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

using Arguments = std::vector<std::string>;

DaemonSettings settings_of(const Arguments& arguments, const Arguments& environment = {}) {
  const Result<LoadedSettings> configuration = load_configuration(arguments, environment);
  REQUIRE_MESSAGE(configuration.ok(), configuration.status().message());
  return configuration->settings;
}

// The message of the usage error, which has to hold all of `parts`.
void check_refused(const Arguments& arguments, const std::vector<std::string>& parts) {
  const Result<LoadedSettings> configuration = load_configuration(arguments, {});
  CAPTURE(parts[0]);
  REQUIRE_FALSE(configuration.ok());
  CHECK(configuration.status().code() == StatusCode::Usage);
  for (const std::string& part : parts) {
    CAPTURE(configuration.status().message());
    CAPTURE(part);
    CHECK(configuration.status().message().find(part) != std::string::npos);
  }
}

TEST_CASE("Config: keeps where the founding flags were set, and that they were not") {
  const FoundingOrigins nowhere = settings_of({}).founding;
  CHECK((nowhere.partitions + nowhere.replicas + nowhere.founders).empty());
  const FoundingOrigins set =
      settings_of({"--partitions", "1024", "--initial-cluster", "node0=127.0.0.1:7400"},
                  {"STARLING_REPLICAS=3"})
          .founding;
  CHECK(set.partitions == "--partitions");
  CHECK(set.replicas == "STARLING_REPLICAS");
  CHECK(set.founders == "--initial-cluster");
}

TEST_CASE("Config: without any flag it is a cluster of one on loopback") {
  const DaemonSettings settings = settings_of({});
  CHECK(settings.name == "node0");
  CHECK(settings.data_dir == "./starling-data");
  CHECK(settings.listen.to_text() == "127.0.0.1:7400");
  CHECK(settings.http.to_text() == "127.0.0.1:7500");
  CHECK(settings.durability == DurabilityMode::Sync);
  CHECK(settings.cluster.partitions == 1024);
  CHECK(settings.cluster.replicas == 3);
  REQUIRE(settings.cluster.founders.size() == 1);
  CHECK(settings.cluster.founders[0].name == "node0");
  CHECK(settings.cluster.founders[0].address == "127.0.0.1:7400");
}

TEST_CASE("Config: flag beats environment beats file beats default, value by value") {
  const TemporaryFile file("precedence.toml",
                           "name = 'of-file'\ncluster = 'of-file'\npartitions = 8\n");
  const DaemonSettings settings =
      settings_of({"--config", file.path(), "--name", "of-flag"},
                  {"STARLING_NAME=of-environment", "STARLING_CLUSTER=of-environment"});
  CHECK(settings.name == "of-flag");
  CHECK(settings.cluster.cluster == "of-environment");
  CHECK(settings.cluster.partitions == 8);
  CHECK(settings.cluster.replicas == 3);
}

TEST_CASE("Config: the environment may name the file") {
  const TemporaryFile file("environment.toml", "replicas = 2\n");
  CHECK(settings_of({}, {"STARLING_CONFIG=" + file.path()}).cluster.replicas == 2);
}

TEST_CASE("Config: an error names the place of the value: flag, variable or line") {
  const TemporaryFile file("place.toml", "\nreplicas = 99\n");
  check_refused({"--partitions", "1000"}, {"--partitions", "1000", "power of two"});
  check_refused({"--config", file.path()}, {"line 2", "99", "1 to 15"});
  const Result<LoadedSettings> refused = load_configuration({}, {"STARLING_HTTP=nonsense"});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.status().message().find("STARLING_HTTP: 'nonsense'") != std::string::npos);
}

TEST_CASE("Config: every bad value is refused by name and with a remedy") {
  check_refused({"--listen", "localhost"}, {"--listen", "port is missing"});
  check_refused({"--http", "127.0.0.1:7400"}, {"--http", "choose another"});
  check_refused({"--partitions", "many"}, {"--partitions", "whole number"});
  check_refused({"--replicas", "0"}, {"--replicas", "1 to 15"});
  check_refused({"--durability", "often"}, {"--durability", "sync, interval or none"});
  check_refused({"--memory-limit", "255MiB"}, {"--memory-limit", "between 256 MiB and"});
  check_refused({"--hint-limit", "some"}, {"--hint-limit", "64MiB"});
  check_refused({"--slow-request", "soon"}, {"--slow-request", "like 10s"});
  check_refused({"--block-cache", "much"}, {"--block-cache", "64MiB"});
  check_refused({"--block-cache", "1KiB"}, {"--block-cache", "between 1 MiB and"});
  check_refused({"--log-level", "loud"}, {"--log-level", "warning or error"});
  check_refused({"--cluster", "a b"}, {"--cluster", "letters"});
  check_refused({"--name", ""}, {"--name", "needs a name"});
  check_refused({"--data-dir", ""}, {"--data-dir", "empty"});
  check_refused({"--config", "/no/such.toml"}, {"/no/such.toml"});
}

TEST_CASE("Config: a request is slow after a second, after what somebody says, or never") {
  CHECK(settings_of({}).slow_request == std::chrono::seconds(1));
  CHECK(settings_of({"--slow-request", "250ms"}).slow_request == std::chrono::milliseconds(250));
  CHECK(settings_of({}, {"STARLING_SLOW_REQUEST=0"}).slow_request == Duration::zero());
}

TEST_CASE("Config: the block cache is what somebody says, else a share of the memory") {
  CHECK(settings_of({"--block-cache", "256MiB"}).memory.block_cache_bytes == std::uint64_t{256}
                                                                                 << 20U);
  CHECK(settings_of({}).memory.block_cache_bytes >= std::uint64_t{16} << 20U);
  CHECK(settings_of({"--memory-limit", "256MiB"}).memory.sum() <= std::uint64_t{256} << 20U);
}

TEST_CASE("Config: limits of the disk are sizes, the hard one below the soft one") {
  CHECK_FALSE(settings_of({}).disk_limits.soft.has_value());
  const DiskLimitOptions limits =
      settings_of({"--disk-soft-limit", "3MiB", "--disk-hard-limit", "2MiB", "--disk-ballast", "0"})
          .disk_limits;
  CHECK(limits.soft == std::uint64_t{3} << 20U);
  CHECK(limits.hard == std::uint64_t{2} << 20U);
  CHECK(limits.ballast == 0);
  check_refused({"--disk-soft-limit", "little"}, {"--disk-soft-limit", "64MiB"});
  check_refused({"--disk-soft-limit", "1MiB", "--disk-hard-limit", "2MiB"},
                {"--disk-hard-limit", "above --disk-soft-limit"});
}

TEST_CASE("Config: a node that waits to be joined knows itself alone") {
  const DaemonSettings waiting = settings_of({"--initial-cluster", "none", "--name", "new"});
  CHECK(waiting.waits_to_join);
  REQUIRE(waiting.cluster.founders.size() == 1);
  CHECK(waiting.cluster.founders[0].name == "new");
  CHECK_FALSE(settings_of({}).waits_to_join);
}

TEST_CASE("Config: the founding list must hold this node, at the address it advertises") {
  const std::string list = "a=127.0.0.1:7400,b=127.0.0.1:7401";
  check_refused({"--initial-cluster", list}, {"'node0'", "--name", "a, b"});
  check_refused({"--initial-cluster", list, "--name", "b"},
                {"lists 'b' at 127.0.0.1:7401", "would be at 127.0.0.1:7400"});
  CHECK(settings_of({"--initial-cluster", list, "--name", "a"}).cluster.founders.size() == 2);
  CHECK(settings_of({"--initial-cluster", list, "--name", "b", "--advertise", "127.0.0.1:7401"})
            .name == "b");
}

TEST_CASE("Config: a founding list that can not be dialled is refused") {
  check_refused({"--initial-cluster", "node0"}, {"--initial-cluster", "'node0'"});
  check_refused({"--initial-cluster", "node0=127.0.0.1:7400,b=0.0.0.0:1"}, {"nobody can dial 'b'"});
  check_refused({"--initial-cluster", "node0=127.0.0.1:7400,node0=127.0.0.1:7401"},
                {"--initial-cluster", "node0"});
}

TEST_CASE("Config: listening beyond loopback must be asked for, and dialled somewhere") {
  check_refused({"--listen", "10.0.0.1:7400"}, {"--listen", "10.0.0.1:7400", "--insecure"});
  check_refused({"--http", "0.0.0.0:7500"}, {"--http", "--insecure"});
  check_refused({"--listen", "0.0.0.0:7400", "--insecure"}, {"--listen", "--advertise"});
  CHECK(settings_of({"--http", "0.0.0.0:7500", "--insecure"}).http.host == "0.0.0.0");
  const DaemonSettings settings = settings_of(
      {"--listen", "0.0.0.0:7400", "--insecure", "--initial-cluster", "node0=10.0.0.1:7400"});
  CHECK(settings.cluster.founders[0].address == "10.0.0.1:7400");
}

TEST_CASE("Config: the secret is the file's content without its last newline") {
  const TemporaryFile file("secret", "correct horse\n");
  const Result<LoadedSettings> with =
      load_configuration({"--cluster-secret-file", file.path()}, {});
  REQUIRE(with.ok());
  CHECK(with->settings.cluster.secret == "correct horse");
  CHECK(with->warnings.empty());
  const TemporaryFile empty("empty-secret", "\n");
  check_refused({"--cluster-secret-file", empty.path()}, {"--cluster-secret-file", "is empty"});
  check_refused({"--cluster-secret-file", "/no/such"}, {"/no/such", "can not be read"});
}

TEST_CASE("Config: warns without a secret and about misspelt variables") {
  const Result<LoadedSettings> configuration = load_configuration({}, {"STARLING_NMAE=a"});
  REQUIRE(configuration.ok());
  REQUIRE(configuration->warnings.size() == 2);
  CHECK(configuration->warnings[0].find("STARLING_NMAE") != std::string::npos);
  CHECK(configuration->warnings[1].find("--cluster-secret-file") != std::string::npos);
}

TEST_CASE("Config: the example file is valid as it stands, but for this machine's paths") {
  const DaemonSettings settings = settings_of({"--config", STARLING_EXAMPLE_CONFIG});
  CHECK(settings.data_dir == "/var/lib/starling");
  CHECK(settings.log_level == LogLevel::Info);
}

TEST_CASE("Config: the example file explains every option there is, and no other") {
  std::ifstream file(STARLING_EXAMPLE_CONFIG);
  const std::regex key("#?([a-z][a-z-]*) = .*");
  std::set<std::string> explained;
  std::string before;
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (std::regex_match(line, match, key)) {
      CAPTURE(line);
      CHECK(explained.insert(match[1]).second);
      CHECK((before.starts_with("# ") || before.starts_with("#disk-")));
    }
    before = line;
  }
  std::set<std::string> options;
  for (const Flag& flag : kFlags) options.emplace(flag.name);
  options.erase("config");  // a file can not name the file that it is
  CHECK(explained == options);
}

TEST_CASE("Config: what the example file sets in so many words are the defaults") {
  const DaemonSettings example = settings_of({"--config", STARLING_EXAMPLE_CONFIG});
  const DaemonSettings defaults = settings_of({});
  CHECK(example.name == defaults.name);
  CHECK(example.listen == defaults.listen);
  CHECK(example.http == defaults.http);
  CHECK(example.durability == defaults.durability);
  CHECK(example.cluster.partitions == defaults.cluster.partitions);
  CHECK(example.cluster.replicas == defaults.cluster.replicas);
  CHECK(example.log_level == defaults.log_level);
}

TEST_CASE("Config: help and version end before anything is checked") {
  const Result<LoadedSettings> configuration = load_configuration({"--help", "--http", "x"}, {});
  REQUIRE(configuration.ok());
  CHECK_FALSE(configuration->print.empty());
}

}  // namespace
}  // namespace starling
