#pragma once

// RecordShare: the records that one client alone writes: every clients-th, with the context of its
// last write of each. As nobody else writes them, and the client one at a time, no write is
// concurrent with another: no sibling arises, and a write needs no read before it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace starling::bench {

class RecordShare {
 public:
  // Of `records` records, those of client number `client` of `clients`. REQUIRES: client < clients.
  RecordShare(std::uint64_t records, std::uint32_t client, std::uint32_t clients);

  [[nodiscard]] std::uint64_t size() const { return contexts_.size(); }
  // A record to write that is not being written: the one nearest to record `wanted` in this share,
  // or else the first free one behind it. Nothing: all are being written.
  [[nodiscard]] std::optional<std::uint64_t> take(std::uint64_t wanted);
  // The record was written, or not: `context` is what the next write of it carries, and is empty
  // where that is unknown.
  void give_back(std::uint64_t record, std::string context);
  // Of a record of this share.
  [[nodiscard]] const std::string& context(std::uint64_t record) const;
  void set_context(std::uint64_t record, std::string context);

 private:
  [[nodiscard]] std::size_t position_of(std::uint64_t record) const;

  std::uint32_t client_;
  std::uint32_t clients_;
  std::vector<std::string> contexts_;
  std::vector<bool> taken_;
};

}  // namespace starling::bench
