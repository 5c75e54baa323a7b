#pragma once

// AddressCensus: how many clients of each address are connected, so that no address takes every
// place. Peers are not counted: they may share an address with clients.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace starling {

class AddressCensus {
 public:
  // Counts one connection more, unless there are `count_max` of its address.
  // REQUIRES: the connection is not counted yet.
  [[nodiscard]] bool admit(std::uint64_t connection, const std::string& address,
                           std::size_t count_max);
  // Ignores a connection that is not counted.
  void leave(std::uint64_t connection);

  // All that are counted.
  [[nodiscard]] std::size_t clients() const { return connections_.size(); }
  [[nodiscard]] std::size_t addresses() const { return counts_.size(); }

 private:
  using Counts = std::map<std::string, std::size_t>;
  Counts counts_;  // none is 0
  std::map<std::uint64_t, Counts::iterator> connections_;
};

}  // namespace starling
