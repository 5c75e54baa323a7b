#pragma once

// The limit of file descriptors, of which each connection takes one and each open table of the
// store: when they are used up, a node can neither take a peer in nor read what it stores.

#include <cstddef>
#include <cstdint>

namespace starling {

// Raises the soft limit to the hard one: the usual 1024 is a courtesy to programs that use
// select(). Returns the limit that is in force.
[[nodiscard]] std::uint64_t raise_descriptor_limit();

// How many of `clients` there are descriptors for, when all that is not a client has its own; where
// that leaves next to none, a quarter of them, since not everything is in use at once.
[[nodiscard]] std::size_t clients_within(std::uint64_t descriptors, std::size_t clients);

}  // namespace starling
