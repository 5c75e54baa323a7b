// The lines that `starling import` reads.
//
// Input: one line of JSON.

#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "cli/transfer_line.h"
#include "fuzz/target.h"

namespace starling::fuzz {
namespace {

void run(std::string_view input) {
  const Result<cli::TransferRecord> record = cli::parse_transfer_line(input);
  if (!record.ok()) {
    STARLING_CHECK(record.status().code() == StatusCode::Usage);
    STARLING_CHECK(!record.status().message().empty());
    return;
  }
  // What export writes of it, import reads as the same; and it is one line.
  const std::string line = cli::transfer_line(*record);
  STARLING_CHECK(line.find('\n') == std::string::npos);
  const Result<cli::TransferRecord> again = cli::parse_transfer_line(line);
  STARLING_CHECK(again.ok());
  STARLING_CHECK(*again == *record);
}

std::vector<std::string> seeds() {
  std::string all_bytes;
  for (int byte = 0; byte < 256; ++byte) all_bytes.push_back(static_cast<char>(byte));
  return {
      cli::transfer_line({.key = "key", .value = "value", .content_type = "text/plain"}),
      cli::transfer_line({.key = all_bytes, .value = all_bytes, .content_type = {}}),
      cli::transfer_line(
          {.key = "\xc3\xa9\xf0\x9f\x90\xa6", .value = "a\n\"\\\x01", .content_type = {}}),
      R"({"key":"k","value":"\u00e9\ud83d\udc26\n\/","content_type":"a","more":[1,-2.5e-7,null,{}]})",
      R"({"key_base64":"AA==","value_base64":"","value":1})",
      R"({"key":"k","value":)" + std::string(200, '[') + std::string(200, ']') + "}",
  };
}

}  // namespace

const Target kTarget{.run = run, .seeds = seeds};

}  // namespace starling::fuzz
