// The small texts of flags and files: addresses, endpoints, lists of founders, quantities, levels,
// base64.
//
// Input: a byte that chooses the reader, then the text.

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/quantity.h"
#include "base/time.h"
#include "fuzz/target.h"
#include "net/host_port.h"
#include "ring/cluster_config.h"
#include "ring/member.h"

namespace starling::fuzz {
namespace {

// Every reader refuses with a Usage error that says something.
template <typename Value>
bool is_read(const Result<Value>& result) {
  if (result.ok()) return true;
  STARLING_CHECK(result.status().code() == StatusCode::Usage);
  STARLING_CHECK(!result.status().message().empty());
  return false;
}

void check_address(std::string_view text) {
  const Result<HostPort> address = parse_host_port(text);
  if (!is_read(address)) return;
  const Result<HostPort> again = parse_host_port(address->to_text());
  STARLING_CHECK(again.ok());
  STARLING_CHECK(*again == *address);
  static_cast<void>(is_loopback(address->host));
  static_cast<void>(is_wildcard(address->host));
}

void check_endpoints(std::string_view text) {
  const Result<std::vector<std::string>> endpoints = parse_endpoints(text);
  if (!is_read(endpoints)) return;
  std::string joined;
  for (const std::string& endpoint : *endpoints) joined += (joined.empty() ? "" : ",") + endpoint;
  STARLING_CHECK(joined == text);
}

void check_founders(std::string_view text) {
  const Result<std::vector<RingMember>> founders = parse_initial_cluster(text);
  if (!is_read(founders)) return;
  std::string joined;
  for (const RingMember& founder : *founders) {
    joined += (joined.empty() ? "" : ",") + founder.name + "=" + founder.address;
    if (!founder.zone.empty()) joined += "@" + founder.zone;
  }
  STARLING_CHECK(joined == text);
  ClusterConfig config;
  config.founders = *founders;
  // It may say no (two of one name), but in its own words.
  const Status checked = config.check();
  STARLING_CHECK(checked.ok() || checked.code() == StatusCode::Usage);
}

void check_duration(std::string_view text) {
  const Result<Duration> duration = parse_duration(text);
  if (is_read(duration)) STARLING_CHECK(*duration >= Duration::zero());
}

void check_size(std::string_view text) {
  const Result<std::uint64_t> size = parse_size(text);
  if (is_read(size)) STARLING_CHECK(!format_size(*size).empty());
}

void check_level(std::string_view text) {
  const Result<Level> level = parse_level(text);
  if (!is_read(level)) return;
  const Result<Level> again = parse_level(level->to_text());
  STARLING_CHECK(again.ok());
  STARLING_CHECK(again->resolve(3) == level->resolve(3));
}

void check_base64(std::string_view text) {
  const Result<std::string> plain = from_base64(text);
  if (is_read(plain)) STARLING_CHECK(to_base64(*plain) == text);
  const Result<std::string> url = from_base64_url(text);
  if (is_read(url)) STARLING_CHECK(to_base64_url(*url) == text);
  // As bytes, it comes back in either spelling.
  const Result<std::string> back = from_base64(to_base64(text));
  STARLING_CHECK(back.ok() && *back == text);
  static_cast<void>(is_utf8(text));
}

void check_others(std::string_view text) {
  static_cast<void>(is_read(log_level_of(std::string(text))));
  static_cast<void>(check_bucket(text));
  static_cast<void>(check_key(text));
}

void run(std::string_view input) {
  if (input.empty()) return;
  constexpr void (*kChecks[])(std::string_view) = {check_address,  check_endpoints, check_founders,
                                                   check_duration, check_size,      check_level,
                                                   check_base64,   check_others};
  kChecks[static_cast<std::uint8_t>(input.front()) % std::size(kChecks)](input.substr(1));
}

std::vector<std::string> seeds() {
  std::vector<std::string> seeds;
  for (char choice = 0; choice < 8; ++choice) {
    for (const std::string_view text :
         {"127.0.0.1:7400", "[::1]:1", "[fe80::1%eth0]:65535", "a.b-c_d:7400,[::1]:7401",
          "a=h:1@z,b=[::1]:2", "250ms", "9223372036854775807us", "64MiB", "8589934591GiB", "quorum",
          "4294967295", "AAAA/+9=", "_-9", "\xf0\x9f\x90\xa6", "info"}) {
      seeds.push_back(choice + std::string(text));
    }
  }
  return seeds;
}

}  // namespace

const Target kTarget{.run = run, .seeds = seeds};

}  // namespace starling::fuzz
