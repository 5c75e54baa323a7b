#pragma once

// RouteTable: which member a client asks about which key. The hash that places keys is seeded with
// a secret of the cluster, so a client can not compute owners. It knows the members, prefers one of
// them for each key by a hash of its own (so that all clients ask the same node, whose cache is
// warm and who alone mints for the key), and learns an owner wherever that one is none.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "message/client_messages.h"

namespace starling {

class RouteTable {
 public:
  // A learned route costs 8 bytes; beyond this many keys a route displaces another, which costs
  // that other key one hop.
  static constexpr std::size_t kRoutesMax = std::size_t{1} << 18U;

  // The key's number in here; never 0.
  [[nodiscard]] static std::uint64_t hash_of(std::string_view bucket, std::string_view key);

  // The epoch of the members that are known; 0: none are.
  [[nodiscard]] Epoch epoch() const { return epoch_; }
  // Takes the members as of `status`, in its order, and forgets every learned route.
  void adopt(const ClusterStatusReply& status);

  // How much `member` is preferred for that key: the greatest is asked first.
  [[nodiscard]] std::uint64_t weight(std::uint64_t key_hash, NodeId member) const;
  // What an answer said about who owns a key.
  void learn(std::uint64_t key_hash, NodeId owner);
  [[nodiscard]] std::optional<NodeId> learned(std::uint64_t key_hash) const;

 private:
  struct Route {
    std::uint32_t tag = 0;     // the upper half of the key's hash
    std::uint32_t member = 0;  // 1 and up: the position in members_; 0: none
  };
  [[nodiscard]] static std::size_t place_of(std::uint64_t key_hash);

  Epoch epoch_;
  std::vector<NodeId> members_;
  std::vector<Route> routes_;  // empty until the first is learned
};

}  // namespace starling
