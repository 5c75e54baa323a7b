#pragma once

// Column: one flat column of a reply, from which each entry in turn takes its share. Taking more
// than is left is noted as a fault of the reader.

#include <cstddef>
#include <span>
#include <string_view>

#include "wire/field_reader.h"

namespace starling {

template <typename Item>
class Column {
 public:
  // The items and the reader must outlive the column.
  Column(FieldReader& reader, std::span<const Item> items, std::string_view name)
      : reader_(reader), rest_(items), name_(name) {}

  // The next `count` items; none after a fault.
  [[nodiscard]] std::span<const Item> take(std::size_t count) {
    reader_.require(count <= rest_.size(), name_, "too short");
    if (reader_.failed()) return {};
    const std::span<const Item> taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  // Everything must have been taken in the end.
  void finish() { reader_.require(rest_.empty(), name_, "too long"); }

 private:
  FieldReader& reader_;
  std::span<const Item> rest_;
  std::string_view name_;  // a literal
};

}  // namespace starling
