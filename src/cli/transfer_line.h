#pragma once

// The lines of import and export: {"key":...,"value":...}, where what is not UTF-8 stands as
// "key_base64" and "value_base64". What one writes the other reads.

#include <string>
#include <string_view>

#include "starling/result.h"

namespace starling::cli {

struct TransferRecord {
  std::string key;
  std::string value;
  std::string content_type;  // left out when empty
  friend bool operator==(const TransferRecord&, const TransferRecord&) = default;
};

// Usage error that says what is wrong with the line.
[[nodiscard]] Result<TransferRecord> parse_transfer_line(std::string_view line);
// Without the end of line.
[[nodiscard]] std::string transfer_line(const TransferRecord& record);

}  // namespace starling::cli
