#pragma once

// LabelledValue: what simulated clients write. Each value says which write of which key it is and
// carries its own checksum, so that a value which nobody wrote, which stands under another key, or
// of which only a part came back, gives itself away.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace starling::sim {

// `padding`: how many bytes to add, so that values differ in size.
[[nodiscard]] std::string make_labelled_value(std::string_view key, std::uint32_t write,
                                              std::uint32_t padding);
// The number of the write, or nothing: torn, damaged, or another key's.
[[nodiscard]] std::optional<std::uint32_t> write_of_value(std::string_view key,
                                                          std::string_view value);

}  // namespace starling::sim
