#include "bench/record_share.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/assert.h"

namespace starling::bench {

RecordShare::RecordShare(std::uint64_t records, std::uint32_t client, std::uint32_t clients)
    : client_(client), clients_(clients) {
  STARLING_CHECK(client < clients);
  const std::uint64_t size = records / clients + (client < records % clients ? 1 : 0);
  contexts_.resize(size);
  taken_.resize(size);
}

std::optional<std::uint64_t> RecordShare::take(std::uint64_t wanted) {
  const std::size_t size = contexts_.size();
  if (size == 0) return std::nullopt;
  const std::size_t first = std::min<std::size_t>(wanted / clients_, size - 1);
  for (std::size_t tried = 0; tried < size; ++tried) {
    const std::size_t position = (first + tried) % size;
    if (taken_[position]) continue;
    taken_[position] = true;
    return position * clients_ + client_;
  }
  return std::nullopt;
}

void RecordShare::give_back(std::uint64_t record, std::string context) {
  const std::size_t position = position_of(record);
  STARLING_CHECK(taken_[position]);
  taken_[position] = false;
  contexts_[position] = std::move(context);
}

const std::string& RecordShare::context(std::uint64_t record) const {
  return contexts_[position_of(record)];
}

void RecordShare::set_context(std::uint64_t record, std::string context) {
  contexts_[position_of(record)] = std::move(context);
}

std::size_t RecordShare::position_of(std::uint64_t record) const {
  STARLING_CHECK(record % clients_ == client_);
  const std::size_t position = record / clients_;
  STARLING_CHECK(position < contexts_.size());
  return position;
}

}  // namespace starling::bench
