#include "client/route_table.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "base/hash.h"
#include "base/ids.h"
#include "message/client_messages.h"

namespace starling {
namespace {

// The finaliser of SplitMix64: every bit of the key and of the member decides.
std::uint64_t mixed(std::uint64_t number) {
  number = (number ^ (number >> 30U)) * 0xbf58476d1ce4e5b9U;
  number = (number ^ (number >> 27U)) * 0x94d049bb133111ebU;
  return number ^ (number >> 31U);
}

std::uint32_t tag_of(std::uint64_t key_hash) {
  return static_cast<std::uint32_t>(key_hash >> 32U);
}

}  // namespace

std::uint64_t RouteTable::hash_of(std::string_view bucket, std::string_view key) {
  return std::max<std::uint64_t>(1, hash64(key, hash64(bucket)));
}

void RouteTable::adopt(const ClusterStatusReply& status) {
  epoch_ = status.epoch;
  members_.clear();
  for (const MemberReply& member : status.members) members_.push_back(member.id);
  routes_.clear();
}

std::uint64_t RouteTable::weight(std::uint64_t key_hash, NodeId member) const {
  if (learned(key_hash) == member) return std::numeric_limits<std::uint64_t>::max();
  // Rendezvous hashing: a member that goes moves only the keys that preferred it.
  return mixed(key_hash ^ member.value) >> 1U;
}

void RouteTable::learn(std::uint64_t key_hash, NodeId owner) {
  const auto found = std::ranges::find(members_, owner);
  if (found == members_.end()) return;
  if (routes_.empty()) routes_.resize(kRoutesMax);
  routes_[place_of(key_hash)] = {
      .tag = tag_of(key_hash), .member = static_cast<std::uint32_t>(found - members_.begin()) + 1};
}

std::optional<NodeId> RouteTable::learned(std::uint64_t key_hash) const {
  if (routes_.empty()) return std::nullopt;
  const Route& route = routes_[place_of(key_hash)];
  if (route.member == 0 || route.tag != tag_of(key_hash)) return std::nullopt;
  return members_[route.member - 1];
}

std::size_t RouteTable::place_of(std::uint64_t key_hash) {
  return key_hash % kRoutesMax;
}

}  // namespace starling
