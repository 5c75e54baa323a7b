// The daemon's configuration file: TOML, and the checks of what it says.
//
// Input: the file.

#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "daemon/config.h"
#include "daemon/config_file.h"
#include "daemon/flag.h"
#include "daemon/settings.h"
#include "fuzz/target.h"
#include "net/host_port.h"

namespace starling::fuzz {
namespace {

void check_address(const HostPort& address) {
  const Result<HostPort> again = parse_host_port(address.to_text());
  STARLING_CHECK(again.ok());
  STARLING_CHECK(*again == address);
}

// What the daemon would start with.
void check_accepted(const DaemonSettings& settings) {
  STARLING_CHECK(settings.cluster.check().ok());
  STARLING_CHECK(!settings.name.empty());
  STARLING_CHECK(!settings.data_dir.empty());
  STARLING_CHECK(settings.listen != settings.http);
  check_address(settings.listen);
  check_address(settings.http);
}

void run(std::string_view input) {
  Result<GivenValues> values = parse_config_text(input, "starling.toml");
  if (!values.ok()) {
    STARLING_CHECK(values.status().code() == StatusCode::Usage);
    STARLING_CHECK(values.status().message().starts_with("starling.toml, line "));
    return;
  }
  for (const auto& [name, value] : *values) {
    STARLING_CHECK(is_flag(name));
    STARLING_CHECK(name != "config");
    STARLING_CHECK(!value.origin.empty());
  }
  // It names a file, and no fuzzer shall choose which file is read.
  values->erase("cluster-secret-file");
  const Result<DaemonSettings> settings = check_settings(*values);
  if (settings.ok()) return check_accepted(*settings);
  STARLING_CHECK(settings.status().code() == StatusCode::Usage);
}

std::vector<std::string> seeds() {
  return {
      "",
      "name = \"a\"\ndata-dir = '/srv/a' # comment\nlisten = \"127.0.0.1:7400\"\n"
      "http = \"127.0.0.1:7500\"\npartitions = 1_024\nreplicas = 0x3\ninsecure = false\n",
      "name = \"a\"\ninitial-cluster = \"a=127.0.0.1:7400@x,b=[::1]:7401@y\"\n"
      "listen = '127.0.0.1:7400'\nlog-level = \"debug\"\ndurability = \"interval\"\n",
      "listen = \"0.0.0.0:1\"\nadvertise = \"host:1\"\ninsecure = true\ncluster = \"c\"\n",
      "[table]\nname = \"a\"\n[[array]]\nx = {y = [1, 2.5e3, 1979-05-27T07:32:00Z]}\n",
      "name = \"\"\"\nmany\\u00e9 lines\\\n  \"\"\"\n",
      "a.b.c = 1\n'quoted key' = inf\n",
      "x = " + std::string(300, '[') + std::string(300, ']'),
  };
}

}  // namespace

const Target kTarget{.run = run, .seeds = seeds};

}  // namespace starling::fuzz
