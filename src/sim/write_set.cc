#include "sim/write_set.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace starling::sim {
namespace {

constexpr std::uint32_t kWordBits = 64;

std::uint64_t bit_of(std::uint32_t write) {
  return std::uint64_t{1} << (write % kWordBits);
}

}  // namespace

void WriteSet::add(std::uint32_t write) {
  const std::size_t index = write / kWordBits;
  if (words_.size() <= index) words_.resize(index + 1);
  words_.at(index) |= bit_of(write);
}

void WriteSet::remove(std::uint32_t write) {
  if (has(write)) words_.at(write / kWordBits) &= ~bit_of(write);
}

void WriteSet::join(const WriteSet& other) {
  if (words_.size() < other.words_.size()) words_.resize(other.words_.size());
  for (std::size_t i = 0; i < other.words_.size(); ++i) words_.at(i) |= other.words_.at(i);
}

bool WriteSet::has(std::uint32_t write) const {
  return (word(write / kWordBits) & bit_of(write)) != 0;
}

bool WriteSet::covers(const WriteSet& other) const {
  return other.first_missing_in(*this) == kNoWrite;
}

std::uint32_t WriteSet::first_missing_in(const WriteSet& other) const {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const std::uint64_t missing = words_.at(i) & ~other.word(i);
    if (missing == 0) continue;
    return static_cast<std::uint32_t>((i * kWordBits) +
                                      static_cast<std::size_t>(std::countr_zero(missing)));
  }
  return kNoWrite;
}

std::vector<std::uint32_t> WriteSet::members() const {
  std::vector<std::uint32_t> all;
  for (std::uint32_t write = 0; write < words_.size() * kWordBits; ++write) {
    if (has(write)) all.push_back(write);
  }
  return all;
}

}  // namespace starling::sim
