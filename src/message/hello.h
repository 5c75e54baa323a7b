#pragma once

// Hello: the first message on every connection, in both directions. Peers check that they mean the
// same cluster with the same configuration; clients learn whom they talk to.

#include <cstdint>
#include <string>

#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "ring/cluster_config.h"

namespace starling {

// A new number for every change of what is said; a peer of another version is refused by name.
inline constexpr std::uint32_t kProtocolVersion = 7;

enum class HelloRole : std::uint8_t { Client = 0, Peer = 1 };

struct Hello {
  std::uint32_t protocol = kProtocolVersion;
  HelloRole role = HelloRole::Client;
  std::string cluster;         // a client leaves it empty unless it insists on one
  std::string name;            // of the sender; empty for a client
  std::string http_address;    // for the console and `cluster status`
  std::string address;         // where other members dial the sender; peers only
  Hash128 cluster_id;          // of the configuration that the sender adopted; zero: none yet
  bool waits_to_join = false;  // it is no founder, and has no configuration yet
  Incarnation incarnation;
  ConfigDigest config;  // peers only
  // Set by the side that refuses, with the reason in people's words; the connection closes then.
  std::string refusal;
  // What the refusal is to the other side: Overloaded where another time or node may take it.
  StatusCode refusal_code = StatusCode::Failure;
  friend bool operator==(const Hello&, const Hello&) = default;
};

// Whether `mine` accepts `theirs`: protocol version, cluster name, and for peers that they are of
// one cluster: by its id, where both know it; else they must have been started for the same one.
// The message names the flag that differs.
[[nodiscard]] Status check_hello(const Hello& mine, const Hello& theirs);

}  // namespace starling
