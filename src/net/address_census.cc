#include "net/address_census.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.h"

namespace starling {

bool AddressCensus::admit(std::uint64_t connection, const std::string& address,
                          std::size_t count_max) {
  STARLING_CHECK(!connections_.contains(connection));
  const auto known = counts_.find(address);
  if ((known == counts_.end() ? 0 : known->second) >= count_max) return false;
  const auto counted = known == counts_.end() ? counts_.emplace(address, 0).first : known;
  ++counted->second;
  connections_.emplace(connection, counted);
  return true;
}

void AddressCensus::leave(std::uint64_t connection) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  const auto counted = found->second;
  connections_.erase(found);
  if (--counted->second == 0) counts_.erase(counted);
}

}  // namespace starling
