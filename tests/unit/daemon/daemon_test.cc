#include "daemon/daemon.h"

#include <csignal>
#include <filesystem>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "daemon/settings.h"
#include "net/host_port.h"
#include "temporary_directory.h"

namespace starling {
namespace {

class RecordedLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view text) override { lines.emplace_back(text); }
  // Lines in which it stands as a word of its own.
  [[nodiscard]] int lines_that_say(const std::string& word) const {
    const std::regex pattern("(^|[^A-Za-z0-9_-])" + word + "([^A-Za-z0-9_-]|$)");
    int found = 0;
    for (const std::string& line : lines) found += std::regex_search(line, pattern) ? 1 : 0;
    return found;
  }
  std::vector<std::string> lines;
};

// A cluster of one at any free ports.
DaemonSettings settings_in(const std::string& directory) {
  DaemonSettings settings;
  settings.name = "node0";
  settings.data_dir = directory;
  settings.listen = {.host = "127.0.0.1", .port = 0};
  settings.http = {.host = "127.0.0.1", .port = 0};
  settings.cluster.partitions = 8;
  settings.cluster.founders = {
      {.id = node_id_of("node0"), .name = "node0", .address = "127.0.0.1:7400", .zone = {}}};
  return settings;
}

TEST_CASE("Daemon: starts, says so once, and ends well when it is told to") {
  const TemporaryDirectory directory("daemon");
  RecordedLog log;
  Daemon daemon(settings_in(directory.path()), log);
  REQUIRE(daemon.start().ok());
  CHECK(daemon.port() != 0);
  CHECK(daemon.http_port() != 0);
  CHECK(log.lines_that_say("ready") == 1);
  REQUIRE(std::raise(SIGTERM) == 0);
  CHECK(daemon.run().ok());
  CHECK(log.lines_that_say("ready") == 1);
}

TEST_CASE("Daemon: starts again on what it stored") {
  const TemporaryDirectory directory("again");
  RecordedLog log;
  for (int start = 0; start < 2; ++start) {
    Daemon daemon(settings_in(directory.path()), log);
    REQUIRE(daemon.start().ok());
    REQUIRE(std::raise(SIGINT) == 0);
    CHECK(daemon.run().ok());
  }
}

TEST_CASE("Daemon: a port in use is named before anything is written") {
  const TemporaryDirectory first_directory("port-first");
  const TemporaryDirectory second_directory("port-second");
  RecordedLog log;
  Daemon first(settings_in(first_directory.path()), log);
  REQUIRE(first.start().ok());
  DaemonSettings settings = settings_in(second_directory.path() + "/data");
  settings.http.port = first.http_port();
  Daemon second(settings, log);
  const Status status = second.start();
  REQUIRE_FALSE(status.ok());
  CHECK(status.message().find(std::to_string(first.http_port())) != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(settings.data_dir));
}

TEST_CASE("Daemon: a data directory in use is named, with the remedy") {
  const TemporaryDirectory directory("locked");
  RecordedLog log;
  Daemon first(settings_in(directory.path()), log);
  REQUIRE(first.start().ok());
  Daemon second(settings_in(directory.path()), log);
  const Status status = second.start();
  REQUIRE_FALSE(status.ok());
  CHECK(status.message().find(directory.path()) != std::string::npos);
  CHECK(status.message().find("in use by another process") != std::string::npos);
}

TEST_CASE("Daemon: another member's data directory is refused") {
  const TemporaryDirectory directory("foreign-member");
  RecordedLog log;
  {
    Daemon daemon(settings_in(directory.path()), log);
    REQUIRE(daemon.start().ok());
  }
  DaemonSettings settings = settings_in(directory.path());
  settings.name = "node1";
  settings.cluster.founders[0].name = "node1";
  settings.cluster.founders[0].id = node_id_of("node1");
  Daemon other(settings, log);
  const Status status = other.start();
  REQUIRE_FALSE(status.ok());
  CHECK(status.message().find("node0") != std::string::npos);
}

TEST_CASE("Daemon: what the cluster was founded with stays in force") {
  const TemporaryDirectory directory("founded");
  RecordedLog log;
  {
    Daemon daemon(settings_in(directory.path()), log);
    REQUIRE(daemon.start().ok());
  }
  DaemonSettings settings = settings_in(directory.path());
  settings.cluster.partitions = 16;  // a default
  {
    Daemon daemon(settings, log);
    CHECK(daemon.start().ok());
  }
  settings.founding.partitions = "--partitions";
  Daemon daemon(settings, log);
  const Status status = daemon.start();
  CHECK(status.code() == StatusCode::Usage);
  CHECK(status.message().find("--partitions: asks for 16") != std::string::npos);
}

}  // namespace
}  // namespace starling
